namespace Aivo.Gateway.Revocation;

/// <summary>
/// Which rules of <see cref="RevocationLease"/> and <see cref="EndConfirmation"/> hold. The product runs <see cref="All"/> and nothing
/// else: a test takes one rule away to show the history that breaks without it.
/// </summary>
internal sealed record LeaseRules
{
    public static readonly LeaseRules All = new();

    /// <summary>The lease counts from the sending of the sync, and not from its reply.</summary>
    public bool CountsFromSending { get; init; } = true;

    /// <summary>Only a sync that the replicas have acknowledged gives a lease, opens an epoch or confirms an end.</summary>
    public bool WaitsForReplicas { get; init; } = true;

    /// <summary>In a new epoch the log is read from its beginning.</summary>
    public bool ReadsFromTheStart { get; init; } = true;

    /// <summary>A node that served before lowers <c>since</c> to its own.</summary>
    public bool LowersSince { get; init; } = true;

    /// <summary>A new epoch stays closed for two leases.</summary>
    public bool WaitsBeforeOpening { get; init; } = true;

    /// <summary>A closed epoch gives no lease.</summary>
    public bool ServesOnlyWhileOpen { get; init; } = true;

    /// <summary>An end waits for the nodes that have not shown that they applied it, until their leases have run out.</summary>
    public bool WaitsForSilentNodes { get; init; } = true;

    /// <summary>An end is confirmed only by a node whose own lease is valid at that moment.</summary>
    public bool NeedsOwnLease { get; init; } = true;

    /// <summary>An end is confirmed only by a sync that was sent after the commit's reply.</summary>
    public bool NeedsLaterSync { get; init; } = true;
}
