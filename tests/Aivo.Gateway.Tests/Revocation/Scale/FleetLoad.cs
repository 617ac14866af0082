namespace Aivo.Gateway.Tests.Revocation.Scale;

/// <summary>A fleet, what it is asked for, and how it is set. Times in microseconds.</summary>
internal sealed record FleetLoad
{
    public const long Second = 1_000_000;

    public required int Nodes { get; init; }

    /// <summary>Of the whole fleet.</summary>
    public required double LogoutsPerSecond { get; init; }

    public long Duration { get; init; } = 5 * Second;
    public long Lease { get; init; } = Second;
    public long SyncInterval { get; init; } = Second / 10;

    /// <summary>Between two syncs, whatever wakes them.</summary>
    public long LeastPause { get; init; } = 5_000;

    /// <summary>Whether a commit wakes the other nodes by the channel.</summary>
    public bool Wakes { get; init; } = true;

    /// <summary>From a node to Redis, or back.</summary>
    public long OneWay { get; init; } = 250;

    public RedisCosts Costs { get; init; } = new();
}

/// <param name="Median">Of the time from a logout to its 204, in milliseconds.</param>
/// <param name="NinetyNinth">Likewise.</param>
/// <param name="Failed">Logouts that were answered 503.</param>
/// <param name="Commands">Scripts a second.</param>
/// <param name="Busy">Of Redis' one thread, 0 to 1.</param>
/// <param name="Lapsed">Of the syncs, those that found the node's lease over: 0 to 1.</param>
internal sealed record FleetCost(double Median, double NinetyNinth, int Failed, double Commands, double Busy, double Lapsed);
