using System.Globalization;
using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Throttling;

/// <summary>Counts for all nodes together: one script and one round trip for all limits of a request.</summary>
/// <remarks>
/// In a Redis Cluster the limits of different subjects may lie on different servers. They are then counted one after another, and a request
/// that a later one refuses stays counted in the earlier ones. A fixed slot for all would be one step, and one server for every request.
/// </remarks>
internal sealed class RedisRateLimiter(RedisConnection redis) : IRateLimiter
{
    public async ValueTask<RateLimitVerdict> ChargeAsync(IReadOnlyList<RateLimitCharge> charges, CancellationToken cancellationToken)
    {
        if (charges.Count == 1)
        {
            return await EvaluateAsync(charges, cancellationToken);
        }

        RateLimitVerdict verdict = RateLimitVerdict.Unlimited;
        foreach (IGrouping<int, RateLimitCharge> slot in charges.GroupBy(charge => redis.SlotOf(KeyOf(charge))))
        {
            verdict = verdict.And(await EvaluateAsync([.. slot], cancellationToken));
            if (!verdict.IsAllowed)
            {
                break;
            }
        }

        return verdict;
    }

    private async Task<RateLimitVerdict> EvaluateAsync(IReadOnlyList<RateLimitCharge> charges, CancellationToken cancellationToken)
    {
        var keys = new RedisKey[charges.Count];
        var values = new RedisValue[charges.Sum(static charge => 1 + (2 * charge.Limit.Windows.Count))];
        int at = 0;
        for (int index = 0; index < keys.Length; index++)
        {
            keys[index] = KeyOf(charges[index]);
            values[at++] = charges[index].Limit.Windows.Count;
            foreach (RateWindow window in charges[index].Limit.Windows)
            {
                values[at++] = window.Permits;
                values[at++] = (long)window.Length.TotalMilliseconds;
            }
        }

        return Read(await redis.EvaluateAsync(RateLimitScripts.Charge, keys, values, cancellationToken), charges);
    }

    private static RateLimitVerdict Read(RedisResult reply, IReadOnlyList<RateLimitCharge> charges)
    {
        bool allowed = (int)reply[0] == 1;
        RateLimitVerdict verdict = RateLimitVerdict.Unlimited with { IsAllowed = allowed };
        int at = 1;
        foreach (RateLimitCharge charge in charges)
        {
            foreach (RateWindow window in charge.Limit.Windows)
            {
                verdict = verdict.And(new RateLimitVerdict(
                    allowed, charge.Limit, window.Permits, Math.Max(0, window.Permits - (int)reply[at]), TimeSpan.FromMilliseconds((long)reply[at + 1])));
                at += 2;
            }
        }

        return verdict;
    }

    private RedisKey KeyOf(RateLimitCharge charge) =>
        redis.Keys.RateCounters(charge.Limit.Name.ToLowerInvariant(), charge.Subject.ToString("x32", CultureInfo.InvariantCulture));
}
