using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>Writes ends of sessions back that a shard's log has lost, each with its tombstone.</summary>
/// <returns>The entries that need no tombstone, since no session could go on: they are only appended.</returns>
internal delegate Task<IReadOnlyList<RevocationEntry>> RestoreEnds(ushort shard, IReadOnlyList<RevocationEntry> missing, CancellationToken cancellationToken);

/// <summary>
/// Runs the steps of <see cref="RevocationLease"/> for one shard: one sync every <see cref="RevocationOptions.SyncInterval"/>, at once after
/// news. One sync takes a lease at most, because a later reply could not make the node fresh; no failure ends the loop.
/// </summary>
internal sealed partial class ShardSync
{
    private readonly ushort _shard;
    private readonly IRevocationLog _log;
    private readonly RevocationReplica _replica;
    private readonly RevocationState _state;
    private readonly SyncAcknowledgements _acknowledgements;
    private readonly RestoreEnds _restoreEnds;
    private readonly Action<ushort, string> _followed;
    private readonly RevocationOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly long _lease;

    /// <summary>What the log of the present epoch was seen to hold; only kept until this node has written back the rest.</summary>
    private readonly HashSet<(RevocationKind Kind, UInt128 Id)> _inLog = [];
    private LeaseState _own;
    private long _lag;
    private TimeSpan _clockOffset;
    private DateTimeOffset? _logTime;
    private long? _syncedAt;
    private bool _fenced;
    private bool _failing;
    private bool _unacknowledged;

    /// <param name="followed">Told of every epoch that this node enters.</param>
    public ShardSync(
        ushort shard, IRevocationLog log, RevocationReplica replica, RevocationState state, SyncAcknowledgements acknowledgements,
        RestoreEnds restoreEnds, Action<ushort, string> followed, RevocationOptions options, TimeProvider timeProvider, ILogger logger)
    {
        (_shard, _log, _replica, _state, _acknowledgements) = (shard, log, replica, state, acknowledgements);
        (_restoreEnds, _followed, _options, _timeProvider, _logger) = (restoreEnds, followed, options, timeProvider, logger);
        _lease = options.LeaseTicks(timeProvider);
        _own = new LeaseState { Node = state.Node };
    }

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            long began = _timeProvider.GetTimestamp();
            TimeSpan pause = await SyncAsync(stoppingToken);
            if (pause > TimeSpan.Zero)
            {
                await _acknowledgements.PauseAsync(_shard, pause, stoppingToken);
                await SpaceAsync(began, stoppingToken);
            }
        }
    }

    private async Task SpaceAsync(long began, CancellationToken stoppingToken)
    {
        TimeSpan left = _options.LeastPause - _timeProvider.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, _timeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tells the others that this node forwards nothing any more, so that no end waits for it.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (_own.Epoch is { } epoch)
        {
            await _log.LeaveAsync(_shard, epoch, _own.Node, cancellationToken);
        }
    }

    /// <returns>For how long to pause; zero to sync again at once.</returns>
    private async Task<TimeSpan> SyncAsync(CancellationToken stoppingToken)
    {
        using var tooLate = new CancellationTokenSource(_options.Lease, _timeProvider);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, tooLate.Token);
        _acknowledgements.Sending(_shard);
        long sentAt = _timeProvider.GetTimestamp();
        (_own, SyncRequest request) = RevocationLease.Sent(_own, sentAt);
        try
        {
            // The second wait is for a log that does not notice its token: it must not stop the loop either.
            SyncReply reply = await _log.SyncAsync(_shard, request, _acknowledgements.AsksForLeases(_shard), ended.Token).AsTask().WaitAsync(ended.Token);
            TimeSpan pause = await TakeAsync(reply, sentAt, ended.Token);
            _failing = false;
            return pause;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (Exception exception)
        {
            if (!_failing)
            {
                Log.SyncFailed(_logger, exception, _shard);
            }

            _failing = true;
            _own = RevocationLease.Failed(_own);
            _log.AskForPrimary();
            return _options.SyncInterval / 2;
        }
    }

    private async Task<TimeSpan> TakeAsync(SyncReply reply, long sentAt, CancellationToken cancellationToken)
    {
        foreach (RevocationEntry entry in reply.Entries)
        {
            _replica.Apply(entry);
        }

        // Before the node's position moves: the others answer 204 by it. Where a request does not let go, the node loses its lease.
        await _acknowledgements.UnwoundAsync(_options.Lease, cancellationToken);
        long now = _timeProvider.GetTimestamp();
        string? before = _own.Epoch;
        LeaseStep step = RevocationLease.Received(_own, reply, now, _lease);
        _own = step.State;
        if (_own.Epoch != before)
        {
            Log.EpochFollowed(_logger, _shard, _own.Epoch);
            _inLog.Clear();
            _followed(_shard, _own.Epoch!);
        }

        if (!_own.Restored)
        {
            _inLog.UnionWith(reply.Entries.Select(entry => (entry.Kind, entry.Id)));
        }

        Report(reply, sentAt);
        ImmutableArray<LeaseField> silent = _acknowledgements.Judge(_shard, reply, _own, sentAt, now);
        if (!silent.IsEmpty)
        {
            Log.SilentNodes(_logger, _shard, silent.Length);
            await _log.RemoveAsync(_shard, _own.Epoch!, silent, cancellationToken);
        }

        return await ActAsync(step, reply, cancellationToken);
    }

    private async Task<TimeSpan> ActAsync(LeaseStep step, SyncReply reply, CancellationToken cancellationToken)
    {
        switch (step.Action)
        {
            case LeaseAction.SyncAtOnce:
                return TimeSpan.Zero;
            case LeaseAction.AskForMaster:
                if (!_unacknowledged)
                {
                    Log.NotAcknowledged(_logger, _shard);
                }

                _unacknowledged = true;
                _log.AskForPrimary();
                return _options.SyncInterval / 2;
            case LeaseAction.Begin:
                Log.EpochBegun(_logger, _shard, reply.Epoch ?? "none");
                await _log.BeginAsync(_shard, reply.Epoch, cancellationToken);
                return TimeSpan.Zero;
            case LeaseAction.Restore:
                await RestoreAsync(step.LowerSinceTo, cancellationToken);
                return TimeSpan.Zero;
            case LeaseAction.Open:
                await _log.OpenAsync(_shard, _own.Epoch!, cancellationToken);
                Log.EpochOpened(_logger, _shard);
                return TimeSpan.Zero;
            default:
                // What was applied is told at once, for somebody may wait for it; and whoever waits here looks again soon.
                return reply.Entries.Count > 0 || _acknowledgements.AnybodyWaits(_shard) ? _options.LeastPause : _options.SyncInterval;
        }
    }

    private async Task RestoreAsync(long? lowerSinceTo, CancellationToken cancellationToken)
    {
        string epoch = _own.Epoch!;

        // Whatever this node's clock says of them: the log prunes by its own.
        RevocationEntry[] missing = [.. _replica.Entries().Where(entry => !_inLog.Contains((entry.Kind, entry.Id)))];
        if (missing.Length > 0)
        {
            Log.Restoring(_logger, _shard, missing.Length);
            RevocationEntry[] sessions = [.. missing.Where(entry => entry.Kind == RevocationKind.Session)];
            IEnumerable<RevocationEntry> appended = (await _restoreEnds(_shard, sessions, cancellationToken))
                .Concat(missing.Where(entry => entry.Kind != RevocationKind.Session));
            foreach (RevocationEntry[] page in appended.Chunk(SyncReply.MostEntries / 5))
            {
                await _log.AppendAsync(_shard, epoch, page, restores: true, cancellationToken);
            }
        }

        if (lowerSinceTo is { } since)
        {
            await _log.LowerSinceAsync(_shard, epoch, since, cancellationToken);
        }

        _own = RevocationLease.Restored(_own, epoch);
        _inLog.Clear();
        _inLog.TrimExcess();
    }
}
