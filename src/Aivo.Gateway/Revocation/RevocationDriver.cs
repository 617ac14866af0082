namespace Aivo.Gateway.Revocation;

/// <summary>
/// Runs the sync loop of every shard, prunes, and tells of changes. It stops after the listeners: a node goes on syncing while it drains, and
/// removes its lease fields last.
/// </summary>
internal sealed partial class RevocationDriver(
    IEnumerable<ShardSync> syncs, IRevocationLog? log, RevocationReplicas replicas, RevocationState state, SyncAcknowledgements acknowledgements,
    RevocationOptions options, TimeProvider timeProvider, ILogger<RevocationDriver> logger) : BackgroundService
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan PruneInterval = TimeSpan.FromSeconds(10);

    private readonly ShardSync[] _syncs = [.. syncs];

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        log?.OnNews(acknowledgements.Wake);
        return Task.WhenAll([.. _syncs.Select(sync => sync.RunAsync(stoppingToken)), WatchAsync(stoppingToken)]);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(options.Lease);
        foreach (ShardSync sync in _syncs)
        {
            try
            {
                await sync.LeaveAsync(bound.Token).WaitAsync(bound.Token);
            }
            catch (Exception exception)
            {
                // Then one end elsewhere waits for a lease.
                Log.NotLeft(logger, exception.Message);
            }
        }
    }

    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        string logged = "";
        long prunedAt = timeProvider.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(WatchInterval, timeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                string status = state.Status;
                if (status != logged && !state.IsAlone)
                {
                    LogStatus(status);
                    logged = status;
                }

                if (timeProvider.GetElapsedTime(prunedAt) >= PruneInterval)
                {
                    prunedAt = timeProvider.GetTimestamp();

                    // By the earlier of the two clocks: one that jumps forward and back must not cost an entry whose tokens hold again. By
                    // what the log's clock last said, and not by its distance: ours may have jumped since.
                    DateTimeOffset now = timeProvider.GetUtcNow();
                    replicas.Prune(state.LogTime is { } logTime && logTime < now ? logTime : now);
                }
            }
            catch (Exception exception)
            {
                Log.WatchFailed(logger, exception);
            }
        }
    }

    private void LogStatus(string status)
    {
        switch (status)
        {
            case "fresh":
                Log.Fresh(logger, replicas.Count);
                break;
            case "stale":
                Log.Stale(logger, options.Lease);
                break;
            case "fenced":
                Log.Fenced(logger, options.Lease);
                break;
            default:
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(401, LogLevel.Error, "No complete set of revocations within the lease of {Lease}: requests are answered 503", EventName = "RevocationStale")]
        public static partial void Stale(ILogger logger, TimeSpan lease);

        [LoggerMessage(402, LogLevel.Information, "The set of revocations is complete: {Entries} entries", EventName = "RevocationFresh")]
        public static partial void Fresh(ILogger logger, int entries);

        [LoggerMessage(403, LogLevel.Warning, "A revocation log is being recovered: requests are answered 503 until its epoch is open, two leases of {Lease} after it began", EventName = "RevocationFenced")]
        public static partial void Fenced(ILogger logger, TimeSpan lease);

        [LoggerMessage(410, LogLevel.Warning, "This node could not take its lease back, so one end elsewhere will take a lease longer: {Reason}", EventName = "RevocationNotLeft")]
        public static partial void NotLeft(ILogger logger, string reason);

        [LoggerMessage(411, LogLevel.Error, "Looking after the set of revocations failed; trying again", EventName = "RevocationWatchFailed")]
        public static partial void WatchFailed(ILogger logger, Exception exception);
    }
}
