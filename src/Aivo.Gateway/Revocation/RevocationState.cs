using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>Where this node stands with one shard's log, as of its last sync.</summary>
/// <param name="Fenced">The epoch is closed, or this node has not written back all it knows: no lease is to be had.</param>
/// <param name="Lag">By how many numbers this node was behind after the sync.</param>
/// <param name="ClockOffset">The log's wall clock minus this node's; off by the time of one reply at most.</param>
/// <param name="SyncedAt">When the last complete sync was sent; null before the first.</param>
internal sealed record ShardStanding(LeaseState Lease, bool Fenced, long Lag, TimeSpan ClockOffset, long? SyncedAt)
{
    /// <summary>What the log's wall clock said then; null before the first reply.</summary>
    public DateTimeOffset? LogTime { get; init; }
}

/// <summary>
/// Whether this node knows enough to let a request pass, for requests, readiness and metrics. The driver writes it, one shard at a time; the
/// node is fresh while it is fresh in all of them.
/// </summary>
internal sealed class RevocationState
{
    /// <summary>Farther from the store's clock, a node judges <c>exp</c>, <c>nbf</c> and <c>since</c> wrongly, and should get no requests.</summary>
    public static readonly TimeSpan MostClockOffset = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _timeProvider;
    private readonly Lock _lock = new();
    private readonly ShardStanding?[] _shards;
    private readonly long[] _since;
    private readonly long _servesStaleFor;
    private long _freshUntil = LeaseState.Never;
    private volatile bool _wasFresh;

    /// <param name="shards">0 where this process makes every revocation itself: it cannot be behind.</param>
    /// <param name="servesStaleFor">For how long beyond its lease a node forwards all the same; zero for not at all.</param>
    public RevocationState(TimeProvider timeProvider, int shards, TimeSpan servesStaleFor = default)
    {
        _timeProvider = timeProvider;
        _shards = new ShardStanding?[shards];
        _since = new long[Math.Max(shards, 1)];
        _servesStaleFor = (long)(servesStaleFor.TotalSeconds * timeProvider.TimestampFrequency);
        if (shards == 0)
        {
            (_freshUntil, _wasFresh) = (long.MaxValue, true);
        }
    }

    /// <summary>Random per process, so that a restarted node is another one.</summary>
    public string Node { get; } = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));

    /// <summary>Nobody else writes revocations, and nothing has to be waited for.</summary>
    public bool IsAlone => _shards.Length == 0;

    /// <summary>
    /// False: revocations may be missing here, and nothing may be forwarded, refreshed or logged in (503). A request asks
    /// <see cref="RevocationCheck"/>, which reads this and the replica in the right order.
    /// </summary>
    public bool IsFresh => _timeProvider.GetTimestamp() < Volatile.Read(ref _freshUntil);

    /// <summary>Whether requests pass although the lease is over (<c>Revocation:OnStale</c>).</summary>
    public bool ServesStale =>
        _servesStaleFor > 0 && Volatile.Read(ref _freshUntil) is var until and not LeaseState.Never && _timeProvider.GetTimestamp() - until < _servesStaleFor;

    /// <summary>For how long requests could not pass for want of a lease; zero while fresh, and on a node that was never fresh.</summary>
    public TimeSpan StaleFor =>
        Volatile.Read(ref _freshUntil) is var until && (until is LeaseState.Never or long.MaxValue || _timeProvider.GetTimestamp() < until)
            ? TimeSpan.Zero
            : _timeProvider.GetElapsedTime(until);

    /// <summary>What is left of the lease; zero when it is over.</summary>
    public TimeSpan LeaseLeft =>
        Volatile.Read(ref _freshUntil) is var until && until is LeaseState.Never or long.MaxValue ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Max(0, until - _timeProvider.GetTimestamp()) / (double)_timeProvider.TimestampFrequency);

    /// <summary>
    /// <c>fresh</c>; <c>fenced</c> while a data set is being recovered; <c>stale</c>; or <c>starting</c> until the first lease.
    /// </summary>
    public string Status =>
        IsFresh ? "fresh" : Standings.Any(standing => standing.Fenced) ? "fenced" : _wasFresh ? "stale" : "starting";

    /// <summary>By how many numbers this node was behind the logs after the last sync; 0 when it had caught up.</summary>
    public long Lag => Standings.Select(standing => standing.Lag).DefaultIfEmpty().Max();

    /// <summary>How long ago the last complete sync was sent, of the shard where that is longest; null before the first.</summary>
    public TimeSpan? LastSyncAge =>
        _shards.Length > 0 && _shards.All(shard => shard?.SyncedAt is not null) ? _shards.Max(shard => _timeProvider.GetElapsedTime(shard!.SyncedAt!.Value)) : null;

    /// <summary>The logs' wall clock minus this node's, where they are furthest apart.</summary>
    public TimeSpan ClockOffset => Standings.Select(standing => standing.ClockOffset).DefaultIfEmpty().MaxBy(offset => offset.Duration());

    /// <summary>What the logs' wall clocks said last, the earliest of them; null before the first reply.</summary>
    public DateTimeOffset? LogTime => Standings.Min(standing => standing.LogTime);

    /// <summary>Whether this node's wall clock is near enough to the store's.</summary>
    public bool IsClockInStep => ClockOffset.Duration() <= MostClockOffset;

    private IEnumerable<ShardStanding> Standings => _shards.OfType<ShardStanding>();

    /// <summary>How far this node has followed each shard's log; null before the first sync. At most what had happened when it is read.</summary>
    public LogPosition?[] Positions() => Array.ConvertAll(_shards, shard => shard?.Lease is { Epoch: { } epoch, Applied: var applied } ? new LogPosition(epoch, applied) : null);

    /// <summary>Access tokens of the shard's sessions that were issued before this are refused (Unix seconds).</summary>
    public long SinceOf(ushort shard) => Volatile.Read(ref _since[shard]);

    /// <summary>Takes over what a shard's sync has led to. What it rests on must be in the replica already.</summary>
    public void Report(ushort shard, ShardStanding standing)
    {
        lock (_lock)
        {
            _shards[shard] = standing;
            Volatile.Write(ref _since[shard], standing.Lease.Since ?? 0);
            long freshUntil = _shards.Min(each => each?.Lease.FreshUntil ?? LeaseState.Never);
            _wasFresh |= freshUntil != LeaseState.Never;
            Volatile.Write(ref _freshUntil, freshUntil);
        }
    }
}
