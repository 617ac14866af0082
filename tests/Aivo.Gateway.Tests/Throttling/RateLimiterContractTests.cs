using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Throttling;
using static Aivo.Gateway.Tests.Throttling.RateLimitSamples;

namespace Aivo.Gateway.Tests.Throttling;

/// <summary>One contract, both limiters.</summary>
public sealed class RateLimiterContractTests(RedisServer server)
{
    [Theory, InlineData("node"), InlineData("redis")]
    public async Task Requests_PassUpToTheLimit_AndTheVerdictSaysWhatIsLeft(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        RateLimit limit = Limit("a", (3, Minute));
        for (int remaining = 2; remaining >= 0; remaining--)
        {
            RateLimitVerdict passed = await limiter.ChargeAsync(limit.By(1));
            Assert.Equal((true, 3, remaining, "a"), (passed.IsAllowed, passed.Permits, passed.Remaining, passed.Limit!.Name));
            Assert.InRange(passed.ResetSeconds, 55, 60);
        }

        RateLimitVerdict refused = await limiter.ChargeAsync(limit.By(1));
        Assert.Equal((false, 3, 0), (refused.IsAllowed, refused.Permits, refused.Remaining));
        Assert.InRange(refused.ResetSeconds, 55, 60);
    }

    [Theory, InlineData("node"), InlineData("redis")]
    public async Task SubjectsAndLimits_AreCountedApart(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        Assert.True((await limiter.ChargeAsync(Limit("a", (1, Minute)).By(1))).IsAllowed);
        Assert.True((await limiter.ChargeAsync(Limit("a", (1, Minute)).By(2))).IsAllowed);
        Assert.True((await limiter.ChargeAsync(Limit("b", (1, Minute)).By(1))).IsAllowed);
        Assert.False((await limiter.ChargeAsync(Limit("a", (1, Minute)).By(1))).IsAllowed);
    }

    [Theory, InlineData("node"), InlineData("redis")]
    public async Task SeveralWindows_CountAtOnce(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        RateLimit limit = Limit("a", (3, Minute), (5, Hour));
        Assert.Equal("+++-", await PassedAsync(limiter, limit, 4));
        await limiter.PassAsync(Minute);
        Assert.Equal("++-", await PassedAsync(limiter, limit, 3));
        await limiter.PassAsync(Minute);

        RateLimitVerdict refused = await limiter.ChargeAsync(limit.By(1));
        Assert.Equal((false, 5, 0), (refused.IsAllowed, refused.Permits, refused.Remaining));
        Assert.InRange(refused.ResetSeconds, 3470, 3480);
        await limiter.PassAsync(Hour);
        Assert.Equal("+++-", await PassedAsync(limiter, limit, 4));
    }

    [Theory, InlineData("node"), InlineData("redis")]
    public async Task RefusedRequest_CountsInNoWindow_OfNoLimit(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        RateLimitCharge tight = new(Limit("tight", (1, Minute)), 1);
        RateLimitCharge wide = new(Limit("wide", (3, Hour)), 2);
        Assert.Equal(0, (await limiter.ChargeAsync(wide, tight)).Remaining);
        for (int refusal = 0; refusal < 5; refusal++)
        {
            RateLimitVerdict refused = await limiter.ChargeAsync(wide, tight);
            Assert.Equal((false, "tight", 0), (refused.IsAllowed, refused.Limit!.Name, refused.Remaining));
        }

        Assert.Equal(1, (await limiter.ChargeAsync(wide)).Remaining);
    }

    [Theory, InlineData("node"), InlineData("redis")]
    public async Task RefusedRequest_BeginsNoWindow(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        RateLimitCharge full = new(Limit("full", (1, Hour)), 1);
        RateLimitCharge other = new(Limit("other", (1, Minute)), 2);
        await limiter.ChargeAsync(full);
        Assert.False((await limiter.ChargeAsync(full, other)).IsAllowed);
        await limiter.PassAsync(TimeSpan.FromSeconds(30));
        Assert.InRange((await limiter.ChargeAsync(other)).ResetSeconds, 55, 60);
    }

    [Theory, InlineData("node"), InlineData("redis")]
    public async Task OfTwoExhaustedWindows_TheOneThatLastsLongerIsReported(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        RateLimitCharge[] charges = [new(Limit("short", (1, Minute)), 1), new(Limit("long", (1, Hour)), 1)];
        await limiter.ChargeAsync(charges);
        RateLimitVerdict refused = await limiter.ChargeAsync(charges);
        Assert.Equal("long", refused.Limit!.Name);
        Assert.InRange(refused.ResetSeconds, 3590, 3600);
    }

    [Theory, InlineData("node"), InlineData("redis")]
    public async Task WhoeverWaitsAsLongAsTheVerdictSays_FindsRoom(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        RateLimit limit = Limit("a", (2, Minute), (3, Hour));
        for (int round = 0; round < 6; round++)
        {
            RateLimitVerdict verdict;
            while ((verdict = await limiter.ChargeAsync(limit.By(1))).IsAllowed)
            {
            }

            await limiter.PassAsync(TimeSpan.FromSeconds(verdict.ResetSeconds));
            Assert.True((await limiter.ChargeAsync(limit.By(1))).IsAllowed);
        }
    }

    [Theory, InlineData("node"), InlineData("redis")]
    public async Task ParallelRequests_NeverExceedTheLimit(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        RateLimit shared = Limit("shared", (10, Minute), (15, Hour));
        RateLimitVerdict[] all = await Task.WhenAll(Enumerable.Range(0, 200).Select(index => Task.Run(
            () => limiter.ChargeAsync(new RateLimitCharge(shared, 1), new RateLimitCharge(Limit("own", (5, Minute)), (uint)index)), TestContext.Current.CancellationToken)));
        Assert.Equal(10, all.Count(verdict => verdict.IsAllowed));
    }

    [Theory, InlineData("node"), InlineData("redis")]
    public async Task ChangedLimit_GoesOnWithTheWindowsThatItKeeps(string kind)
    {
        await using var limiter = new RateLimiterUnderTest(kind, server);
        await PassedAsync(limiter, Limit("a", (4, Minute), (5, Hour)), 4);
        RateLimitVerdict wider = await limiter.ChargeAsync(Limit("a", (6, Minute), (100, 2 * Hour)).By(1));
        Assert.Equal((true, 6, 1), (wider.IsAllowed, wider.Permits, wider.Remaining));
        RateLimitVerdict narrower = await limiter.ChargeAsync(Limit("a", (2, Minute)).By(1));
        Assert.Equal((false, 2, 0), (narrower.IsAllowed, narrower.Permits, narrower.Remaining));
    }

    /// <summary>+ for each request that passed, - for each that was refused.</summary>
    private static async Task<string> PassedAsync(RateLimiterUnderTest limiter, RateLimit limit, int requests)
    {
        string passed = "";
        for (int request = 0; request < requests; request++)
        {
            passed += (await limiter.ChargeAsync(limit.By(1))).IsAllowed ? "+" : "-";
        }

        return passed;
    }
}
