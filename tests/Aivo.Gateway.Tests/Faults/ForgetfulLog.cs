using System.Collections.Immutable;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>A log into which nobody writes back what it has lost.</summary>
internal sealed class ForgetfulLog(IRevocationLog log) : IRevocationLog
{
    public ValueTask<SyncReply> SyncAsync(ushort shard, SyncRequest request, bool withLeases, CancellationToken cancellationToken) =>
        log.SyncAsync(shard, request, withLeases, cancellationToken);

    public ValueTask BeginAsync(ushort shard, string? found, CancellationToken cancellationToken) => log.BeginAsync(shard, found, cancellationToken);

    public ValueTask OpenAsync(ushort shard, string epoch, CancellationToken cancellationToken) => log.OpenAsync(shard, epoch, cancellationToken);

    public ValueTask<LogCommit> AppendAsync(
        ushort shard, string epoch, IReadOnlyList<RevocationEntry> entries, bool restores, CancellationToken cancellationToken) =>
        restores ? ValueTask.FromResult(new LogCommit(shard, epoch, 0, [])) : log.AppendAsync(shard, epoch, entries, restores, cancellationToken);

    public ValueTask LowerSinceAsync(ushort shard, string epoch, long since, CancellationToken cancellationToken) =>
        log.LowerSinceAsync(shard, epoch, since, cancellationToken);

    public ValueTask RemoveAsync(ushort shard, string epoch, ImmutableArray<LeaseField> silent, CancellationToken cancellationToken) =>
        log.RemoveAsync(shard, epoch, silent, cancellationToken);

    public ValueTask LeaveAsync(ushort shard, string epoch, string node, CancellationToken cancellationToken) =>
        log.LeaveAsync(shard, epoch, node, cancellationToken);

    public void AskForPrimary() => log.AskForPrimary();

    public void OnNews(Action<ushort> news) => log.OnNews(news);
}
