using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Throttling;

/// <summary>Counters shared by all nodes: one script and one round trip a reservation.</summary>
/// <remarks>
/// All counters carry one hash tag. In a Redis Cluster they therefore share one slot, which one step over several counters needs; the
/// alternative, a script a key with an undo, is not atomic. The load stays small: every attempt costs a password hash elsewhere.
/// </remarks>
internal sealed class RedisAttemptStore(RedisConnection redis) : IAttemptStore
{
    private const string HashTag = "{login}";

    public async ValueTask<AttemptReservation> ReserveAsync(IReadOnlyList<AttemptLimit> limits, CancellationToken cancellationToken)
    {
        var values = new RedisValue[limits.Count * 2];
        for (int index = 0; index < limits.Count; index++)
        {
            values[2 * index] = limits[index].Attempts;
            values[(2 * index) + 1] = (long)limits[index].Window.TotalMilliseconds;
        }

        RedisResult reply = await redis.EvaluateAsync(AttemptScripts.Reserve, Keys(limits), values, cancellationToken);
        long now = (long)reply[1];
        var counters = new AttemptCounter[limits.Count];
        for (int index = 0; index < counters.Length; index++)
        {
            long windowEnd = (long)reply[(2 * index) + 3];
            counters[index] = new AttemptCounter(
                limits[index], (int)reply[(2 * index) + 2], windowEnd, TimeSpan.FromMilliseconds(windowEnd - now));
        }

        return new AttemptReservation((int)reply[0] == 1, counters);
    }

    public async ValueTask ReleaseAsync(AttemptReservation reservation, CancellationToken cancellationToken)
    {
        RedisValue[] windows = [.. reservation.Counters.Select(counter => (RedisValue)counter.WindowEnd)];
        await redis.EvaluateAsync(
            AttemptScripts.Release, Keys([.. reservation.Counters.Select(counter => counter.Limit)]), windows, cancellationToken);
    }

    private RedisKey[] Keys(IReadOnlyList<AttemptLimit> limits) =>
        [.. limits.Select(limit => redis.Keys.Attempts($"{HashTag}:{limit.Subject}"))];
}
