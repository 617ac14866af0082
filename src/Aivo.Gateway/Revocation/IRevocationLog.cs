using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// The numbered logs of revocations, one a shard, that nodes read. It only reports and writes; what that means for this node is decided by
/// <see cref="RevocationLease"/>. The ends of sessions are appended by the commit that ends them, in the same step. Every method throws
/// <see cref="StoreUnavailableException"/> when there is no answer in time, and every write but <see cref="BeginAsync"/> does where the
/// log's epoch is not the one it names: nothing is written then.
/// </summary>
internal interface IRevocationLog
{
    /// <summary>One sync of one node.</summary>
    /// <param name="withLeases">Whether the lease fields of all nodes are asked for.</param>
    ValueTask<SyncReply> SyncAsync(ushort shard, SyncRequest request, bool withLeases, CancellationToken cancellationToken);

    /// <summary>Begins an epoch in place of the one that was found; does nothing where that is no longer there.</summary>
    ValueTask BeginAsync(ushort shard, string? found, CancellationToken cancellationToken);

    ValueTask OpenAsync(ushort shard, string epoch, CancellationToken cancellationToken);

    /// <summary>Appends entries that need no record.</summary>
    /// <param name="restores">Whether they are written back, which a closed epoch takes too.</param>
    ValueTask<LogCommit> AppendAsync(
        ushort shard, string epoch, IReadOnlyList<RevocationEntry> entries, bool restores, CancellationToken cancellationToken);

    /// <param name="since">Unix seconds.</param>
    ValueTask LowerSinceAsync(ushort shard, string epoch, long since, CancellationToken cancellationToken);

    /// <summary>Removes lease fields that are as they were found.</summary>
    ValueTask RemoveAsync(ushort shard, string epoch, ImmutableArray<LeaseField> silent, CancellationToken cancellationToken);

    /// <summary>Removes a node's own field, whatever it holds: it forwards nothing any more.</summary>
    ValueTask LeaveAsync(ushort shard, string epoch, string node, CancellationToken cancellationToken);

    /// <summary>Makes the next sync ask which server is the primary, on a new connection; at most once per lease.</summary>
    void AskForPrimary();

    /// <summary>Calls back when the log is said to have news. That only makes syncs come early.</summary>
    void OnNews(Action<ushort> news);
}
