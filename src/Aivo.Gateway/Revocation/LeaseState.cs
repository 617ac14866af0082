namespace Aivo.Gateway.Revocation;

/// <summary>Where a node stands in the log and what it may do. Times are monotonic timestamps of the node's <see cref="TimeProvider"/>.</summary>
internal sealed record LeaseState
{
    public const long Never = long.MinValue;

    /// <summary>Random per process, so that a restarted node is another one.</summary>
    public required string Node { get; init; }

    /// <summary>Of the last sync that was sent.</summary>
    public long Sequence { get; init; }

    /// <summary>When the sync under way was sent; null when there is none.</summary>
    public long? SentAt { get; init; }

    /// <summary>The epoch this node follows; null before the first reply.</summary>
    public string? Epoch { get; init; }

    /// <summary>Every entry up to this number of <see cref="Epoch"/> is applied.</summary>
    public long Applied { get; init; }

    /// <summary>The log of <see cref="Epoch"/> holds everything that this node knows, and <c>since</c> is no later than its own.</summary>
    public bool Restored { get; init; }

    /// <summary>When the first acknowledged reply arrived that said the epoch is closed; null while it has not, or once it is open.</summary>
    public long? ClosedSeenAt { get; init; }

    /// <summary>The node may serve before this time.</summary>
    public long FreshUntil { get; init; } = Never;

    /// <summary>The <c>since</c> under which this node serves, or served last (Unix seconds); null when it never has.</summary>
    public long? Since { get; init; }

    public bool IsFreshAt(long now) => now < FreshUntil;
}

/// <summary>What the driver does next. Every write names the epoch that it is about, and the log refuses it in another.</summary>
internal enum LeaseAction
{
    /// <summary>Nothing until the next sync is due.</summary>
    Pause,

    /// <summary>There is more to read, or the epoch was another: the next sync at once.</summary>
    SyncAtOnce,

    /// <summary>The replicas did not acknowledge: ask which server is the master, on a new connection, then sync again soon.</summary>
    AskForMaster,

    /// <summary>Begin a new epoch in place of the one that was found, by compare-and-set; then sync.</summary>
    Begin,

    /// <summary>
    /// Write back what this node knows and the log lacks, each end together with its tombstone; after that lower <c>since</c> to
    /// <see cref="LeaseStep.LowerSinceTo"/>; after that tell <see cref="RevocationLease.Restored"/>. Where any of it fails: sync again,
    /// and this comes again.
    /// </summary>
    Restore,

    /// <summary>Open the epoch; then sync.</summary>
    Open,
}

/// <param name="State">Holds once the reply's entries are applied.</param>
/// <param name="Action">What the driver does next.</param>
/// <param name="LowerSinceTo">Only with <see cref="LeaseAction.Restore"/>: null where <c>since</c> stays.</param>
internal readonly record struct LeaseStep(LeaseState State, LeaseAction Action, long? LowerSinceTo = null);
