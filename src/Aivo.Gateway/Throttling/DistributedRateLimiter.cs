using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Throttling;

/// <summary>
/// Counts for all nodes together, and in this node's memory while that does not answer: a limit that cannot be shared is still a limit, and
/// no request fails for it.
/// </summary>
/// <remarks>
/// A request waits for Redis once, for <see cref="ThrottlingOptions.RateLimitTimeout"/> at most. After such a wait nobody asks any more until a
/// probe has been answered, so an outage costs the requests that were on their way, not every one. The node's own counters begin empty,
/// and a request whose call was lost may count in both: with n nodes at most n + 1 times the permits pass while an outage begins or ends.
/// </remarks>
internal sealed partial class DistributedRateLimiter(
    IRateLimiter shared, NodeRateLimiter own, ThrottlingOptions options, RateLimitMetrics metrics, TimeProvider timeProvider, ILogger<DistributedRateLimiter> logger)
    : IRateLimiter, IDisposable
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stopping = new();
    private int _isAway;

    /// <summary>Whether this node counts for itself.</summary>
    public bool IsAway => Volatile.Read(ref _isAway) == 1;

    public ValueTask<RateLimitVerdict> ChargeAsync(IReadOnlyList<RateLimitCharge> charges, CancellationToken cancellationToken) =>
        IsAway ? own.ChargeAsync(charges, cancellationToken) : ChargeSharedAsync(charges, cancellationToken);

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async ValueTask<RateLimitVerdict> ChargeSharedAsync(IReadOnlyList<RateLimitCharge> charges, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(charges, cancellationToken);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or TimeoutException)
        {
            if (Interlocked.Exchange(ref _isAway, 1) == 0)
            {
                Log.Away(logger, exception.Message);
                _ = ProbeAsync(charges);
            }

            return own.Charge(charges);
        }
    }

    private async Task<RateLimitVerdict> AskAsync(IReadOnlyList<RateLimitCharge> charges, CancellationToken cancellationToken)
    {
        long began = timeProvider.GetTimestamp();
        bool answered = false;
        try
        {
            RateLimitVerdict verdict = await shared.ChargeAsync(charges, cancellationToken).AsTask().WaitAsync(options.RateLimitTimeout, timeProvider, cancellationToken);
            answered = true;
            return verdict;
        }
        finally
        {
            metrics.Call(timeProvider.GetElapsedTime(began), answered);
        }
    }

    /// <summary>Asks the servers that failed, with limits of no windows, which count nothing.</summary>
    private async Task ProbeAsync(IReadOnlyList<RateLimitCharge> failed)
    {
        RateLimitCharge[] probe = [.. failed.Select(charge => charge with { Limit = charge.Limit with { Windows = [] } })];
        try
        {
            using var timer = new PeriodicTimer(ProbeInterval, timeProvider);
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                if (await IsBackAsync(probe))
                {
                    Volatile.Write(ref _isAway, 0);
                    Log.Back(logger);
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The process ends.
        }
    }

    private async Task<bool> IsBackAsync(RateLimitCharge[] probe)
    {
        try
        {
            await AskAsync(probe, _stopping.Token);
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever it is: a probe that ended would leave the node alone for good.
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(602, LogLevel.Warning, "Redis does not answer for distributed rate limits ({Reason}): this node counts for itself until it does", EventName = "RateLimitsCountedHere")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(603, LogLevel.Information, "Redis answers for distributed rate limits again: all nodes count together", EventName = "RateLimitsShared")]
        public static partial void Back(ILogger logger);
    }
}
