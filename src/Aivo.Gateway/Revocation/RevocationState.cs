using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>Whether this node knows enough to let a request pass, for requests, readiness and metrics. The driver writes it.</summary>
internal sealed class RevocationState(TimeProvider timeProvider)
{
    private long _freshUntil = FeedState.Never;
    private long _syncedAt = FeedState.Never;
    private long _lag;
    private long _clockOffsetTicks;
    private volatile bool _wasFresh;
    private volatile LogPosition? _position;

    /// <summary>
    /// False: revocations may be missing here, and nothing may be forwarded, refreshed or logged in (503). A request asks
    /// <see cref="RevocationCheck"/>, which reads this and the replica in the right order.
    /// </summary>
    public bool IsFresh => timeProvider.GetTimestamp() < Volatile.Read(ref _freshUntil);

    /// <summary><c>fresh</c>, <c>stale</c>, or <c>starting</c> until the first complete sync.</summary>
    public string Status => IsFresh ? "fresh" : _wasFresh ? "stale" : "starting";

    /// <summary>By how many numbers this node was behind the log after the last sync; 0 when it had caught up.</summary>
    public long Lag => Volatile.Read(ref _lag);

    /// <summary>How long ago the last complete sync was sent; null before the first.</summary>
    public TimeSpan? LastSyncAge =>
        Volatile.Read(ref _syncedAt) is var at and not FeedState.Never ? timeProvider.GetElapsedTime(at) : null;

    /// <summary>The log's wall clock minus this node's, as of the last sync; off by the time of one reply at most.</summary>
    public TimeSpan ClockOffset => TimeSpan.FromTicks(Volatile.Read(ref _clockOffsetTicks));

    /// <summary>How far this node has followed the log; null before the first sync. At most what had happened when it is read.</summary>
    public LogPosition? Position => _position;

    /// <summary>Takes over a feed's freshness. What it rests on must be in the replica already.</summary>
    public void Report(FeedState feed)
    {
        _position = feed.Epoch is { } epoch ? new LogPosition(epoch, feed.Cursor) : null;
        _wasFresh |= feed.FreshUntil != FeedState.Never;
        Volatile.Write(ref _freshUntil, feed.FreshUntil);
    }

    public void ReportSync(RevocationDelta delta, long sentAt)
    {
        Volatile.Write(ref _lag, delta.Last - Math.Min(delta.Reached, delta.Last));
        Volatile.Write(ref _clockOffsetTicks, (delta.ServerTime - timeProvider.GetUtcNow()).Ticks);
        if (delta.IsComplete)
        {
            Volatile.Write(ref _syncedAt, sentAt);
        }
    }
}
