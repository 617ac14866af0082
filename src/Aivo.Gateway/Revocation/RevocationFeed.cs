namespace Aivo.Gateway.Revocation;

/// <summary>Where a node stands in the log. Times are monotonic timestamps of the node's <see cref="TimeProvider"/>.</summary>
internal sealed record FeedState
{
    public const long Never = long.MinValue;

    /// <summary>A node that has read nothing yet and may not serve.</summary>
    public static readonly FeedState Starting = new();

    /// <summary>A node that makes every revocation itself: it cannot be behind.</summary>
    public static readonly FeedState Alone = new() { FreshUntil = long.MaxValue };

    public string? Epoch { get; init; }

    /// <summary>Everything up to this number of <see cref="Epoch"/> is applied.</summary>
    public long Cursor { get; init; }

    /// <summary>When the sync under way was sent; null when there is none.</summary>
    public long? SentAt { get; init; }

    /// <summary>The node may serve before this time.</summary>
    public long FreshUntil { get; init; } = Never;
}

/// <summary>What a received delta leads to; its entries are applied in every case, before the state counts.</summary>
/// <param name="SyncAtOnce">More is waiting.</param>
/// <param name="Restarted">The log is not the one that the cursor was about.</param>
internal readonly record struct FeedStep(FeedState State, bool SyncAtOnce, bool Restarted);

/// <summary>
/// The rules of the feed, as pure steps: they read no clock and do no I/O, so that histories run on virtual time. The driver runs them.
/// Leases, acknowledgements and recovery are further events and fields here, not in the driver.
/// </summary>
internal static class RevocationFeed
{
    public static FeedState Sent(FeedState state, long now) => state with { SentAt = now };

    /// <summary>A failed sync takes nothing away: the lease runs out by itself.</summary>
    public static FeedState Failed(FeedState state) => state with { SentAt = null };

    /// <param name="lease">In timestamp units.</param>
    public static FeedStep Received(FeedState state, RevocationDelta delta, long lease)
    {
        if (state.SentAt is not { } sentAt)
        {
            return new FeedStep(state, SyncAtOnce: false, Restarted: false);
        }

        // Another data set, or one that lost its last writes: what is below the cursor may be news, so everything is read again. (Numbers
        // that were lost and given out again before this sync are not seen here; that takes the replication id.)
        if (state.Epoch is not null && (delta.Epoch != state.Epoch || delta.Last < state.Cursor))
        {
            return new FeedStep(
                new FeedState { Epoch = delta.Epoch, Cursor = 0, FreshUntil = FeedState.Never }, SyncAtOnce: true, Restarted: true);
        }

        // The lease counts from the sending: an entry committed after Redis read the log is not in the reply, however late that arrives.
        long freshUntil = delta.IsComplete ? Math.Max(state.FreshUntil, sentAt + lease) : state.FreshUntil;
        var next = new FeedState { Epoch = delta.Epoch, Cursor = delta.Reached, FreshUntil = freshUntil };
        return new FeedStep(next, SyncAtOnce: !delta.IsComplete, Restarted: false);
    }
}
