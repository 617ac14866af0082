using System.Threading.Channels;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Sessions;

/// <summary>
/// Notes in the sessions that their access tokens were seen. A request only queues a mark; this loop collects them and writes many at
/// once. A mark may be lost (a full queue, a store that stays away, a killed process): that costs one step of the detection of theft,
/// and none of the invariants of sessions.md. So nothing waits for it, and nothing is refused for it.
/// </summary>
internal sealed partial class FirstUseMarks : IHostedService, IDisposable
{
    /// <summary>Marks that may wait: some 40 bytes each, and more first uses than a node sees within one <see cref="Patience"/>.</summary>
    public const int MostWaiting = 16_384;

    /// <summary>Marks of one read: a read of so many records keeps Redis for well below a millisecond.</summary>
    public const int MostAtOnce = 256;

    /// <summary>How long a mark waits for others to be written with.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How long one batch may take, every try included. A reconnect or a fail-over is over by then; in a longer outage the lease lapses,
    /// no request passes, and so there is nothing to mark.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>How long a stop waits for what is queued.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private const int MostAttempts = 3;

    private readonly FirstUseTransactions _transactions;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<FirstUseMarks> _logger;
    private readonly Channel<FirstUse> _queue = Channel.CreateBounded<FirstUse>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _drained;
    private Task _running = Task.CompletedTask;
    private int _dropped;
    private bool _overflowing;
    private bool _failing;

    public FirstUseMarks(FirstUseTransactions transactions, GatewayMetrics metrics, TimeProvider time, ILogger<FirstUseMarks> logger)
    {
        (_transactions, _metrics, _time, _logger) = (transactions, metrics, time, logger);
        _drained = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    /// <summary>How many marks wait to be written.</summary>
    public int Waiting => _queue.Reader.Count;

    /// <summary>Queues a mark and returns at once; drops it where the queue is full or the node has stopped.</summary>
    public void Add(SessionId session, TokenId token)
    {
        if (!_queue.Writer.TryWrite(new FirstUse(session, token)))
        {
            // Counted here and logged by the loop: no request writes a log line for this.
            Interlocked.Increment(ref _dropped);
            _metrics.FirstUseMarks("dropped", 1);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Writes what is queued, for <see cref="DrainTime"/> at most. It is called when the listeners take no more requests.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        _drained.CancelAfter(DrainTime);
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _drained.Dispose();
    }

    /// <summary>Not a BackgroundService, which runs nothing at all where the stop comes right after the start.</summary>
    private async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (Waiting < MostAtOnce)
            {
                await Task.Delay(Interval, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            List<FirstUse> marks = Take();
            try
            {
                await CommitAsync(marks);
                LogDropped();
            }
            catch (Exception exception)
            {
                // Nothing above is known to throw; a loop that ended silently would drop every mark from then on.
                Log.Failed(_logger, exception, marks.Count);
            }
        }
    }

    /// <summary>The next marks, each once: a token sent under two spellings of its scheme is two entries of the token cache.</summary>
    private List<FirstUse> Take()
    {
        HashSet<FirstUse> marks = [];
        while (marks.Count < MostAtOnce && _queue.Reader.TryRead(out FirstUse mark))
        {
            marks.Add(mark);
        }

        return [.. marks];
    }

    private async Task CommitAsync(List<FirstUse> marks)
    {
        using var tooLate = new CancellationTokenSource(Patience, _time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_drained.Token, tooLate.Token);
        for (int attempt = 1; ; attempt++)
        {
            FirstUseResult result = await _transactions.CommitAsync(marks, ended.Token);
            Count(result.Outcomes, FirstUseOutcome.Written, "written");
            Count(result.Outcomes, FirstUseOutcome.Ignored, "ignored");
            Count(result.Outcomes, FirstUseOutcome.Failed, "failed");
            marks = [.. marks.Where((_, index) => result.Outcomes[index] == FirstUseOutcome.Unanswered)];
            if (marks.Count == 0)
            {
                _failing = false;
                return;
            }

            if (attempt == MostAttempts || ended.IsCancellationRequested)
            {
                GiveUp(marks.Count, result.Failure);
                return;
            }

            await Task.Delay(RetryPause, _time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Count(FirstUseOutcome[] outcomes, FirstUseOutcome counted, string word)
    {
        int count = outcomes.Count(outcome => outcome == counted);
        if (count > 0)
        {
            _metrics.FirstUseMarks(word, count);
        }
    }

    private void GiveUp(int count, Exception? failure)
    {
        _metrics.FirstUseMarks("failed", count);
        if (!_failing)
        {
            Log.NotWritten(_logger, failure, count);
        }

        _failing = true;
    }

    private void LogDropped()
    {
        int dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped > 0 && !_overflowing)
        {
            Log.Overflowing(_logger, dropped, MostWaiting);
        }

        _overflowing = dropped > 0;
    }

    private static partial class Log
    {
        [LoggerMessage(310, LogLevel.Warning, "{Count} first uses of tokens could not be noted; those that follow are counted only, until one can be", EventName = "FirstUsesNotWritten")]
        public static partial void NotWritten(ILogger logger, Exception? exception, int count);

        [LoggerMessage(312, LogLevel.Error, "Noting {Count} first uses of tokens failed in a way that was not foreseen; going on", EventName = "FirstUsesFailed")]
        public static partial void Failed(ILogger logger, Exception exception, int count);

        [LoggerMessage(311, LogLevel.Warning, "{Count} first uses of tokens were dropped, since {Most} were waiting; those that follow are counted only, until there is room", EventName = "FirstUsesDropped")]
        public static partial void Overflowing(ILogger logger, int count, int most);
    }
}
