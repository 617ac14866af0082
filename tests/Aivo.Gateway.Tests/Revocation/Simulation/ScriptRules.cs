namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>The rules that the scripts and the driver have to follow: like <see cref="Gateway.Revocation.LeaseRules"/>, for the rest.</summary>
internal sealed record ScriptRules
{
    public static readonly ScriptRules All = new();

    /// <summary>Every script compares the replication id that the epoch was begun under with the server's.</summary>
    public bool ComparesReplicationId { get; init; } = true;

    /// <summary>Every script compares the caller's epoch.</summary>
    public bool ComparesEpoch { get; init; } = true;

    /// <summary>An epoch is begun only in place of the one that was found.</summary>
    public bool BeginsByCompareAndSet { get; init; } = true;

    /// <summary>An end is written back together with its tombstone.</summary>
    public bool RestoresTombstones { get; init; } = true;

    /// <summary>A lease field says what its node has applied, and not what it was sent.</summary>
    public bool RecordsWhatIsApplied { get; init; } = true;

    /// <summary>
    /// An end that is found done is committed under the number its entry has. With another one, a node that has read a page up to between
    /// the two would count as having applied it.
    /// </summary>
    public bool KeepsNumbers { get; init; } = true;

    /// <summary>Lease fields do not expire by the server's clock.</summary>
    public bool KeepsLeaseFields { get; init; } = true;

    /// <summary>A silent node's field is removed only as it was found.</summary>
    public bool ComparesBeforeRemoval { get; init; } = true;

    /// <summary>An access token from before <c>since</c> is refused.</summary>
    public bool RefusesOlderTokens { get; init; } = true;

    /// <summary>A request is checked after everything it may have to wait for, and not before.</summary>
    public bool ChecksLast { get; init; } = true;

    /// <summary>A request without a response is aborted when its session's entry is applied.</summary>
    public bool AbortsRequestsInFlight { get; init; } = true;

    /// <summary>A node that stops in order removes its lease field when no request of its is without a response any more.</summary>
    public bool LeavesLast { get; init; } = true;

    /// <summary>In a new epoch a node writes back all it knows that the log lacks, before it serves.</summary>
    public bool Restores { get; init; } = true;

    /// <summary>After a failure a node asks again which server is the master.</summary>
    public bool AsksForMaster { get; init; } = true;
}
