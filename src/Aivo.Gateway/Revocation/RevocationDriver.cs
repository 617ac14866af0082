using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// Runs the feed: one sync every <see cref="RevocationOptions.SyncInterval"/>, at once while more is waiting. One sync takes a lease at
/// most, because a later reply could not make the node fresh; no failure ends the loop.
/// </summary>
internal sealed partial class RevocationDriver : BackgroundService
{
    private static readonly TimeSpan PruneInterval = TimeSpan.FromSeconds(10);

    private readonly IRevocationLog _log;
    private readonly RevocationReplica _replica;
    private readonly RevocationState _state;
    private readonly SyncAcknowledgements _acknowledgements;
    private readonly RevocationOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<RevocationDriver> _logger;
    private readonly long _lease;
    private FeedState _feed;
    private long _prunedAt;
    private bool _failing;
    private string _loggedStatus = "";

    public RevocationDriver(
        IRevocationLog log,
        RevocationReplica replica,
        RevocationState state,
        SyncAcknowledgements acknowledgements,
        RevocationOptions options,
        TimeProvider timeProvider,
        ILogger<RevocationDriver> logger)
    {
        (_log, _replica, _state, _acknowledgements) = (log, replica, state, acknowledgements);
        (_options, _timeProvider, _logger) = (options, timeProvider, logger);
        _lease = (long)(options.Lease.TotalSeconds * timeProvider.TimestampFrequency);
        _prunedAt = timeProvider.GetTimestamp();
        _feed = log.IsShared ? FeedState.Starting : FeedState.Alone;
        state.Report(_feed);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            bool atOnce = await SyncAsync(stoppingToken);
            LogStatus();
            Prune();
            if (!atOnce)
            {
                await _acknowledgements.PauseAsync(_options.SyncInterval, stoppingToken);
            }
        }
    }

    private async Task<bool> SyncAsync(CancellationToken stoppingToken)
    {
        using var tooLate = new CancellationTokenSource(_options.Lease, _timeProvider);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, tooLate.Token);
        IReadOnlyList<SyncAcknowledgements.Waiter> waiting = _acknowledgements.BeforeSending();
        long sentAt = _timeProvider.GetTimestamp();
        _feed = RevocationFeed.Sent(_feed, sentAt);
        try
        {
            // The second wait is for a log that does not notice its token: it must not stop the loop either.
            RevocationDelta delta = await _log.ReadAsync(_feed.Cursor, ended.Token).AsTask().WaitAsync(ended.Token);
            return Merge(delta, sentAt, waiting);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception)
        {
            _acknowledgements.Unanswered(waiting);
            _feed = RevocationFeed.Failed(_feed);
            if (!_failing)
            {
                Log.SyncFailed(_logger, exception);
            }

            _failing = true;
            return false;
        }
    }

    private bool Merge(RevocationDelta delta, long sentAt, IReadOnlyList<SyncAcknowledgements.Waiter> waiting)
    {
        foreach (RevocationEntry entry in delta.Entries)
        {
            _replica.Apply(entry);
        }

        FeedStep step = RevocationFeed.Received(_feed, delta, _lease);
        if (step.Restarted)
        {
            Log.LogRestarted(_logger, _feed.Cursor, delta.Last);
        }

        (_feed, _failing) = (step.State, false);
        _state.Report(_feed);
        _state.ReportSync(delta, sentAt);
        if (step.Restarted)
        {
            SyncAcknowledgements.Restarted(waiting);
        }
        else if (step.SyncAtOnce)
        {
            _acknowledgements.Unanswered(waiting);
        }
        else
        {
            SyncAcknowledgements.Acknowledge(waiting, delta.Last);
        }

        return step.SyncAtOnce;
    }

    private void LogStatus()
    {
        string status = _state.Status;
        if (status == _loggedStatus)
        {
            return;
        }

        _loggedStatus = status;
        if (status == "fresh")
        {
            Log.Fresh(_logger, _replica.Count);
        }
        else if (status == "stale")
        {
            Log.Stale(_logger, _options.Lease);
        }
    }

    private void Prune()
    {
        if (_timeProvider.GetElapsedTime(_prunedAt) < PruneInterval)
        {
            return;
        }

        _prunedAt = _timeProvider.GetTimestamp();
        _replica.Prune(_timeProvider.GetUtcNow());
    }

    private static partial class Log
    {
        [LoggerMessage(400, LogLevel.Warning, "Fetching revocations failed; trying again until it works", EventName = "RevocationSyncFailed")]
        public static partial void SyncFailed(ILogger logger, Exception exception);

        [LoggerMessage(401, LogLevel.Error, "No complete set of revocations within the lease of {Lease}: requests are answered 503", EventName = "RevocationStale")]
        public static partial void Stale(ILogger logger, TimeSpan lease);

        [LoggerMessage(402, LogLevel.Information, "The set of revocations is complete: {Entries} entries", EventName = "RevocationFresh")]
        public static partial void Fresh(ILogger logger, int entries);

        [LoggerMessage(403, LogLevel.Warning, "The revocation log is not the one read before (read up to {Cursor}, its last is {Last}): reading all of it", EventName = "RevocationLogRestarted")]
        public static partial void LogRestarted(ILogger logger, long cursor, long last);
    }
}
