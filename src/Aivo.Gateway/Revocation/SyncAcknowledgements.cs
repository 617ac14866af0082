using System.Collections.Immutable;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// Lets a login or an end wait until what it committed holds on every node (revocation.md, rules 5 to 7). Everybody who waits shares the
/// next syncs; what each reply means for a wait is decided by <see cref="EndConfirmation"/>.
/// </summary>
internal sealed class SyncAcknowledgements
{
    private readonly RevocationState _state;
    private readonly RequestsInFlight _requests;
    private readonly RevocationOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly GatewayMetrics _metrics;
    private readonly long _lease;
    private readonly Shard[] _shards;

    public SyncAcknowledgements(
        RevocationState state, RequestsInFlight requests, RevocationOptions options, TimeProvider timeProvider, GatewayMetrics metrics)
    {
        (_state, _requests, _options, _timeProvider, _metrics) = (state, requests, options, timeProvider, metrics);
        _lease = options.LeaseTicks(timeProvider);
        _shards = [.. Enumerable.Range(0, options.Shards).Select(_ => new Shard())];
    }

    /// <summary>
    /// Call it after the commits' replies and after they were applied here. Where this process makes every revocation itself, there is only
    /// the unwinding of its own requests to wait for.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// No confirmation within three leases, or the log is another one by now: the commit may be lost, and the caller repeats it.
    /// </exception>
    public Task WaitAsync(IReadOnlyCollection<LogCommit> commits, CancellationToken cancellationToken)
    {
        if (_state.IsAlone)
        {
            return UnwoundAsync(3 * _options.Lease, cancellationToken);
        }

        if (commits.Count == 0)
        {
            return Task.CompletedTask;
        }

        // Later than the replies: that makes the wait longer by a moment, and never too short.
        long committedAt = _timeProvider.GetTimestamp();
        return Task.WhenAll(commits.GroupBy(commit => commit.Shard).Select(shard => WaitAsync(shard.Key, Merge([.. shard], committedAt), cancellationToken)));
    }

    /// <summary>Waits for the first successful sync of the shard that is sent after this call.</summary>
    public Task WaitForSyncAsync(ushort shard, CancellationToken cancellationToken) =>
        _state.IsAlone ? Task.CompletedTask
            : _state.Positions()[shard] is { } position ? WaitAsync([LogCommit.At(shard, position)], cancellationToken)
            : throw new StoreUnavailableException("revocations", null);

    /// <summary>
    /// Waits until what this node has applied holds here: no request that it ended is on its way to a destination any more. Completes at
    /// once where there is none.
    /// </summary>
    /// <exception cref="StoreUnavailableException">That could not be said within the bound.</exception>
    public async Task UnwoundAsync(TimeSpan bound, CancellationToken cancellationToken)
    {
        try
        {
            await _requests.UnwoundAsync().WaitAsync(bound, _timeProvider, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException("revocations", new TimeoutException(
                $"{_requests.Unwinding} requests of ended sessions have not let go of their destinations within {bound}", exception));
        }
    }

    /// <summary>Makes the shard's next sync come early.</summary>
    public void Wake(ushort shard) => _shards[shard].Wake();

    /// <summary>Whether somebody waits for other nodes, so that the sync asks for their lease fields.</summary>
    public bool AsksForLeases(ushort shard) => _shards[shard].Any(static wait => !wait.End.Others.IsEmpty);

    public bool AnybodyWaits(ushort shard) => _shards[shard].Any(static _ => true);

    /// <summary>To be called right before a sync is sent: a later wake counts for the pause after it.</summary>
    public void Sending(ushort shard) => _shards[shard].Reset();

    /// <summary>The driver's pause between two syncs. It ends early when there is news, or somebody has begun to wait.</summary>
    public Task PauseAsync(ushort shard, TimeSpan pause, CancellationToken stoppingToken) => _shards[shard].PauseAsync(pause, _timeProvider, stoppingToken);

    /// <summary>Judges everybody who waits by a reply, after the step it made.</summary>
    /// <returns>Lease fields of nodes whose leases have run out in silence.</returns>
    public ImmutableArray<LeaseField> Judge(ushort shard, SyncReply reply, LeaseState own, long sentAt, long now)
    {
        var silent = ImmutableArray.CreateBuilder<LeaseField>();
        foreach (Wait wait in _shards[shard].Waiting())
        {
            EndStep step = wait.End.Judge(reply, own, sentAt, now, _lease);
            silent.AddRange(step.Silent);
            if (step.Verdict != EndVerdict.Waiting)
            {
                // At once, not when its caller runs again: until then it would look as if somebody waited.
                _shards[shard].Remove(wait);
            }

            if (step.Verdict == EndVerdict.Confirmed)
            {
                wait.Done.TrySetResult();
            }
            else if (step.Verdict == EndVerdict.Failed)
            {
                wait.Done.TrySetException(new StoreUnavailableException("revocations", null));
            }
        }

        return [.. silent.Distinct()];
    }

    private EndConfirmation Merge(ImmutableArray<LogCommit> commits, long committedAt)
    {
        if (commits.Any(commit => commit.Epoch != commits[0].Epoch))
        {
            throw new StoreUnavailableException("revocations", null);
        }

        IEnumerable<LeaseField> others = commits.SelectMany(commit => commit.Leases).Where(field => field.Node != _state.Node);
        return new EndConfirmation
        {
            Epoch = commits[0].Epoch,
            Number = commits.Max(commit => commit.Number),
            CommittedAt = committedAt,
            Others = _options.Confirm ? [.. others.GroupBy(field => field.Node).Select(node => node.MaxBy(field => field.Sequence))] : [],
        };
    }

    private async Task WaitAsync(ushort shard, EndConfirmation end, CancellationToken cancellationToken)
    {
        var wait = new Wait(end, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _shards[shard].Add(wait);
        bool confirmed = false;
        try
        {
            await wait.Done.Task.WaitAsync(3 * _options.Lease, _timeProvider, cancellationToken);
            confirmed = true;
        }
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException("revocations", exception);
        }
        finally
        {
            _shards[shard].Remove(wait);
            _metrics.Acknowledgement(confirmed, _timeProvider.GetElapsedTime(end.CommittedAt));
        }
    }

    private sealed record Wait(EndConfirmation End, TaskCompletionSource Done);

    /// <summary>Who waits for one shard, and the signal that ends its pauses.</summary>
    private sealed class Shard
    {
        private readonly Lock _lock = new();
        private readonly HashSet<Wait> _waiting = new(ReferenceEqualityComparer.Instance);
        private TaskCompletionSource _news = NewSignal();

        public void Add(Wait wait)
        {
            lock (_lock)
            {
                _waiting.Add(wait);
                _news.TrySetResult();
            }
        }

        public void Remove(Wait wait)
        {
            lock (_lock)
            {
                _waiting.Remove(wait);
            }
        }

        public bool Any(Func<Wait, bool> predicate)
        {
            lock (_lock)
            {
                return _waiting.Any(predicate);
            }
        }

        public Wait[] Waiting()
        {
            lock (_lock)
            {
                return [.. _waiting];
            }
        }

        public void Wake()
        {
            lock (_lock)
            {
                _news.TrySetResult();
            }
        }

        public void Reset()
        {
            lock (_lock)
            {
                if (_news.Task.IsCompleted)
                {
                    _news = NewSignal();
                }
            }
        }

        public async Task PauseAsync(TimeSpan pause, TimeProvider timeProvider, CancellationToken stoppingToken)
        {
            Task news;
            lock (_lock)
            {
                news = _news.Task;
            }

            if (!news.IsCompleted)
            {
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                await Task.WhenAny(news, Task.Delay(pause, timeProvider, ended.Token));
                await ended.CancelAsync();
            }
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
