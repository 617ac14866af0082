using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Looks through the streams again and again for what nobody tells them: that their access token has expired, that this node has not
/// known for too long what has been revoked, and that an ordinary answer has been open for so long that it counts as a stream.
/// </summary>
internal sealed partial class StreamWatch(
    RequestsInFlight inFlight, RevocationState state, ForwardingHooks hooks, RevocationOptions revocation, StreamOptions options, TimeProvider time,
    ILogger<StreamWatch> logger) : BackgroundService
{
    /// <summary>How many leases a stream may last without one, and an answer until it counts as a stream.</summary>
    public const int Leases = 5;

    /// <summary>How many sessions are read at the same time.</summary>
    private const int MostAtOnce = 8;

    /// <summary>How long the store may take to say whether a session was refreshed.</summary>
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _long = Leases * revocation.Lease;
    private Task _judging = Task.CompletedTask;
    private long? _staleSince;

    /// <summary>Half a lease, but often enough for an expiry to be seen within a second.</summary>
    private TimeSpan Interval => TimeSpan.FromMilliseconds(Math.Clamp(revocation.Lease.TotalMilliseconds / 2, 50, 500));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    Look(stoppingToken);
                }
                catch (Exception exception)
                {
                    // The next round looks again: without it no stream of this node would be cut for any of this.
                    Log.Failed(logger, exception);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }

        await _judging;
    }

    private void Look(CancellationToken stoppingToken)
    {
        bool unknown = IsUnknownTooLong();
        DateTimeOffset now = time.GetUtcNow();
        var expired = new List<ForwardedRequest>();
        foreach (ForwardedRequest request in inFlight.Snapshot().Cast<ForwardedRequest>())
        {
            if (request.Kind == StreamKind.Waiting || request.End != StreamEnd.None || !IsStream(request))
            {
                continue;
            }

            if (unknown)
            {
                request.Cut(StreamEnd.Unknown);
            }
            else if (request.IsRevoked)
            {
                request.CutRevoked();
            }
            else if (options.OnExpiry == OnExpiry.Close && HasExpired(request.ExpiresAt, now))
            {
                expired.Add(request);
            }
        }

        // One round at a time: a store that does not answer must not be asked by ever more.
        if (expired.Count > 0 && _judging.IsCompleted)
        {
            _judging = JudgeAsync(expired, stoppingToken);
        }
    }

    private bool IsStream(ForwardedRequest request) => request.Kind != StreamKind.Answer || time.GetElapsedTime(request.AnsweredAt) >= _long;

    /// <summary>Measured here: a lease that was taken away altogether has no end to count from.</summary>
    private bool IsUnknownTooLong()
    {
        if (state.IsFresh || state.ServesStale)
        {
            _staleSince = null;
            return false;
        }

        _staleSince ??= time.GetTimestamp();
        return state.StaleFor >= _long || time.GetElapsedTime(_staleSince.Value) >= _long;
    }

    /// <summary>By the same clock and the same tolerance by which a request with the token is refused.</summary>
    private static bool HasExpired(DateTimeOffset expiresAt, DateTimeOffset now) => now - expiresAt >= AccessTokenValidator.Skew;

    private async Task JudgeAsync(List<ForwardedRequest> expired, CancellationToken stoppingToken)
    {
        try
        {
            var bound = new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = stoppingToken };
            await Parallel.ForEachAsync(expired.GroupBy(request => request.Session), bound, async (streams, cancellationToken) => await JudgeAsync(streams, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception);
        }
    }

    private async Task JudgeAsync(IGrouping<SessionId, ForwardedRequest> streams, CancellationToken stoppingToken)
    {
        DateTimeOffset? until;
        try
        {
            until = await hooks.RefreshedUntil(streams.Key, stoppingToken).WaitAsync(ReadTimeout, time, stoppingToken);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or TimeoutException)
        {
            // Neither refreshed nor not: the next round asks again, and a store that stays away ends the lease as well.
            Log.NotRead(logger, streams.Key, exception.Message);
            return;
        }

        foreach (ForwardedRequest request in streams)
        {
            if (until is not { } expiresAt)
            {
                request.Cut(StreamEnd.SessionEnded);
            }
            else if (HasExpired(expiresAt, time.GetUtcNow()))
            {
                request.Cut(StreamEnd.TokenExpired);
            }
            else
            {
                request.ExpiresAt = expiresAt;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(902, LogLevel.Warning, "Whether session {Session} was refreshed could not be read, so its expired streams stay open: {Reason}", EventName = "StreamSessionNotRead")]
        public static partial void NotRead(ILogger logger, SessionId session, string reason);

        [LoggerMessage(903, LogLevel.Error, "Looking through the streams failed; trying again", EventName = "StreamWatchFailed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
