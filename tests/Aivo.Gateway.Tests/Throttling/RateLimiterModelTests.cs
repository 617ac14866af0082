using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Throttling;
using CsCheck;

namespace Aivo.Gateway.Tests.Throttling;

/// <summary>Both limiters against the rule in its plainest form, over random limits, subjects and times.</summary>
public sealed class RateLimiterModelTests(RedisServer server)
{
    private static readonly TimeSpan Unit = TimeSpan.FromMinutes(1);

    private static readonly Gen<RateLimit[]> Limits = Gen.Select(Gen.Int[1, 4], Gen.Int[1, 6]).Array[1, 3].Array[1, 3].Select(limits =>
        limits.Select((windows, index) => RateLimitSamples.Limit(
            $"limit-{index}", [.. windows.DistinctBy(window => window.Item1).Select(window => (window.Item2, window.Item1 * Unit))])).ToArray());

    /// <summary>After how many units the next request comes, and who makes it.</summary>
    private static readonly Gen<(int Passed, int Subject)[]> Requests = Gen.Select(Gen.OneOf(Gen.Const(0), Gen.Int[0, 3]), Gen.Int[0, 1]).Array[1, 40];

    [Fact]
    public async Task NodeLimiter_DoesWhatTheRuleSays() =>
        await Gen.Select(Limits, Requests).SampleAsync((limits, requests) => AgreesAsync("node", limits, requests), iter: 2_000, threads: 1);

    [Fact]
    public async Task RedisLimiter_DoesWhatTheRuleSays() =>
        await Gen.Select(Limits, Requests).SampleAsync((limits, requests) => AgreesAsync("redis", limits, requests), iter: 40, threads: 1);

    private async Task AgreesAsync(string kind, RateLimit[] limits, (int Passed, int Subject)[] requests)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        var rule = new Dictionary<(string Limit, RateWindow Window, uint Subject), (int Begin, int Count)>();
        int now = 0;
        foreach ((int passed, int subject) in requests)
        {
            if (passed > 0)
            {
                now += passed;
                await limiter.PassAsync(passed * Unit);
            }

            // The last limit is of everybody, the others of one subject.
            RateLimitCharge[] charges = [.. limits.Select((limit, index) => new RateLimitCharge(limit, index == limits.Length - 1 ? 7u : (uint)subject))];
            (bool expected, int remaining) = Decide(rule, charges, now);
            RateLimitVerdict verdict = await limiter.ChargeAsync(charges);
            Assert.Equal((expected, remaining), (verdict.IsAllowed, verdict.Remaining));
        }
    }

    private static (bool Allowed, int Remaining) Decide(
        Dictionary<(string, RateWindow, uint), (int Begin, int Count)> rule, RateLimitCharge[] charges, int now)
    {
        (string, RateWindow, uint)[] windows = [.. charges.SelectMany(charge => charge.Limit.Windows.Select(window => (charge.Limit.Name, window, (uint)charge.Subject)))];
        foreach ((string, RateWindow Window, uint) window in windows)
        {
            (int begin, int count) = rule.GetValueOrDefault(window);
            if (count == 0 || begin + (window.Window.Length / Unit) <= now)
            {
                rule[window] = (now, 0);
            }
        }

        bool allowed = windows.All(window => rule[window].Count < window.Item2.Permits);
        foreach ((string, RateWindow, uint) window in allowed ? windows : [])
        {
            rule[window] = rule[window] with { Count = rule[window].Count + 1 };
        }

        return (allowed, windows.Min(window => window.Item2.Permits - rule[window].Count));
    }
}
