using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>What a node tells the log with one sync.</summary>
/// <param name="Epoch">The epoch the rest is about; null before the first reply.</param>
/// <param name="Node">Random per process.</param>
/// <param name="Sequence">Grows with every sync of this process, also one that fails.</param>
/// <param name="Applied">Every entry up to this number is applied. The log answers with those above.</param>
internal sealed record SyncRequest(string? Epoch, string Node, long Sequence, long Applied);

internal enum SyncOutcome
{
    /// <summary>There is no data set, or it was begun under another replication id: the server may have lost writes.</summary>
    BeginNeeded,

    /// <summary>The caller's epoch is not the log's. Nothing was written.</summary>
    OtherEpoch,

    /// <summary>The caller's lease field was written, and this is what it lacks.</summary>
    Read,
}

/// <summary>The log's answer to one sync.</summary>
internal sealed record SyncReply
{
    /// <summary>A snapshot of 100,000 in one reply would block Redis for a quarter of a second.</summary>
    public const int MostEntries = 5_000;

    public required SyncOutcome Outcome { get; init; }

    /// <summary>The epoch that was found; null where there is no data set. To begin is to replace exactly this one.</summary>
    public string? Epoch { get; init; }

    /// <summary>False while the epoch is being recovered: no node serves, no end is committed.</summary>
    public bool Open { get; init; }

    /// <summary>
    /// Access tokens issued before it are refused (Unix seconds, rounded up; a closed epoch lasts long enough that no new token is
    /// issued within that second).
    /// </summary>
    public long Since { get; init; }

    /// <summary>When the data set was last begun from nothing (Unix seconds, rounded up): <see cref="Since"/> is never lowered below it.</summary>
    public long Floor { get; init; }

    /// <summary>The number of the last entry the log has ever taken.</summary>
    public long Last { get; init; }

    /// <summary>Every entry up to this number is known once <see cref="Entries"/> are applied.</summary>
    public long Reached { get; init; }

    /// <summary>At most <see cref="MostEntries"/>, oldest first.</summary>
    public IReadOnlyList<RevocationEntry> Entries { get; init; } = [];

    /// <summary>Of all nodes, the caller's too; null where they were not asked for, which is while no end waits.</summary>
    public IReadOnlyList<LeaseField>? Leases { get; init; }

    /// <summary>
    /// As many replicas as configured have what this sync wrote, and with it everything that was written before; true where none are
    /// configured. Known only where the connection was the same before and after.
    /// </summary>
    public bool Acknowledged { get; init; }

    /// <summary>The log's own wall clock.</summary>
    public DateTimeOffset ServerTime { get; init; }

    public bool IsComplete => Reached == Last;
}
