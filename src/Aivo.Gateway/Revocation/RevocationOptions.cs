using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Revocation;

/// <summary>What a node does with requests when its lease is over.</summary>
internal enum OnStale
{
    /// <summary>It answers 503.</summary>
    Reject,

    /// <summary>It forwards for a bounded time.</summary>
    Serve,
}

/// <summary>What happens to requests without an answer when their session ends.</summary>
internal enum InFlight
{
    /// <summary>They are cut off from their destination and answered with 401.</summary>
    Abort,

    /// <summary>They complete: the promise begins at the check.</summary>
    Finish,
}

/// <summary>The section <c>Revocation</c>.</summary>
internal sealed record RevocationOptions
{
    /// <summary>
    /// How long an entry is kept: the longest access life that can be configured (15 min, whatever is configured: two releases may
    /// differ), the longest lease, and clock skew.
    /// </summary>
    public static readonly TimeSpan Retention = TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(30) + TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the revocation of a signing key is kept. Unlike a token's, nothing ends it by itself: whoever has the key makes new tokens,
    /// until the key is taken out of every node's ring, and this is the time for that.
    /// </summary>
    public static readonly TimeSpan KeyRetention = TimeSpan.FromDays(30);

    public required TimeSpan SyncInterval { get; init; }
    public required TimeSpan Lease { get; init; }

    /// <summary>Between two syncs, whatever wakes them, but for pages of one log: a burst of ends shares its syncs. No setting.</summary>
    public TimeSpan LeastPause { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether an end waits until no other node can forward the session.</summary>
    public bool Confirm { get; init; } = true;
    public int Shards { get; init; } = 1;

    /// <summary>Zero: without a lease nothing is forwarded.</summary>
    public TimeSpan ServeStaleFor { get; init; }
    public InFlight InFlight { get; init; }

    /// <summary>The lease in timestamp units.</summary>
    public long LeaseTicks(TimeProvider timeProvider) => (long)(Lease.TotalSeconds * timeProvider.TimestampFrequency);

    public static RevocationOptions Read(SettingReader reader)
    {
        var options = new RevocationOptions
        {
            SyncInterval = reader.Duration("SyncInterval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5), "How often a node fetches new revocations from Redis."),
            Lease = reader.Duration("Lease", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30), "For how long after a successful fetch was sent a node may forward; then it answers 503 until it has fetched again."),
            Confirm = reader.Flag("Confirm", true, "Whether the end of a session is answered only when no node can forward it any more. When false it is answered as soon as Redis has it for sure, and other nodes follow within Lease."),
            Shards = reader.Integer("Shards", 1, 1, 64, "Over how many hash tags sessions and revocations are spread; each is synced by itself. Change it only when no session is alive: a session is not found under another number."),
            ServeStaleFor = ServeStaleForIn(reader),
            InFlight = reader.Choice("InFlight", InFlight.Abort, "What happens to a request that has passed the check and has no answer yet when its session ends: Abort answers 401 and cuts it off from its destination; Finish lets it complete, so an end holds for requests that come after it."),
        };
        if (options.Lease < 2 * options.SyncInterval)
        {
            reader.Error("Lease", Durations.Format(options.Lease), "leaves no room for one failed fetch.", "Set it to at least twice Revocation:SyncInterval.");
        }

        return options;
    }

    private static TimeSpan ServeStaleForIn(SettingReader reader)
    {
        bool serves = reader.Choice("OnStale", OnStale.Reject, "What a node does with requests when its lease is over: Reject answers 503; Serve forwards for ServeStaleFor more, and ends of that time may not count here.") == OnStale.Serve;
        TimeSpan bound = reader.Duration("ServeStaleFor", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromMinutes(5), "With OnStale Serve: for how long beyond its lease a node forwards at most. Log-ins, refreshes and log-outs wait for a lease all the same.");
        if (serves && bound == TimeSpan.Zero)
        {
            reader.Error("ServeStaleFor", "0s", "leaves Revocation:OnStale = Serve without effect.", "Set it to a time of at most 5 minutes, or OnStale to Reject.");
        }
        else if (!serves && bound != TimeSpan.Zero)
        {
            reader.Error("ServeStaleFor", Durations.Format(bound), "has no effect while Revocation:OnStale is Reject.", "Set Revocation:OnStale to Serve, or remove it.");
        }

        return serves ? bound : TimeSpan.Zero;
    }
}
