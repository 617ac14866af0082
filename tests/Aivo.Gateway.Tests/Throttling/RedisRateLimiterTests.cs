using System.Globalization;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Throttling;
using StackExchange.Redis;
using static Aivo.Gateway.Tests.Throttling.RateLimitSamples;

namespace Aivo.Gateway.Tests.Throttling;

/// <summary>What the counters in Redis cost, and what they leave behind.</summary>
public sealed class RedisRateLimiterTests(RedisServer server) : IAsyncDisposable
{
    private readonly RedisConnection _redis = Connect(server.Configuration, RedisServer.NewKeyPrefix());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task AllWindowsOfAllLimits_AreOneRoundTrip()
    {
        await using LocalRedis own = await LocalRedis.StartAsync();
        await using RedisConnection redis = Connect(own.Configuration, "test");
        var limiter = new RedisRateLimiter(redis);
        RateLimitCharge[] charges =
        [
            new(Limit("address", (10, Minute), (100, Hour), (1000, 24 * Hour)), 1),
            new(Limit("user", (10, Minute), (100, Hour)), 2),
            new(Limit("tenant", (1000, Minute)), 3),
        ];
        await limiter.ChargeAsync(charges, Cancellation); // the script is sent once
        await using RedisCalls calls = await RedisCalls.ConnectAsync(own.Configuration);
        (long scripts, long reads) = (await calls.ScriptsAsync(), await calls.CountAsync("hmget"));
        for (int request = 0; request < 20; request++)
        {
            await limiter.ChargeAsync(charges, Cancellation);
        }

        Assert.Equal(20, await calls.ScriptsAsync() - scripts);
        Assert.Equal(3 * 20, await calls.CountAsync("hmget") - reads);
    }

    [Fact]
    public async Task EveryKey_IsCollectedWhenItsLongestWindowHasPassed()
    {
        RateLimit limit = Limit("a", (3, Minute), (5, Hour));
        var limiter = new RedisRateLimiter(_redis);
        for (int request = 0; request < 6; request++)
        {
            await limiter.ChargeAsync(limit.By(1), Cancellation);
            Assert.InRange(await NumberAsync("return redis.call('PTTL', KEYS[1])"), 1, (long)Hour.TotalMilliseconds);
        }
    }

    [Fact]
    public async Task ShorterWindowThatBeginsAnew_ShortensNoKey()
    {
        RateLimit limit = Limit("a", (3, Minute), (5, Hour));
        var limiter = new RedisRateLimiter(_redis);
        await limiter.ChargeAsync(limit.By(1), Cancellation);
        await NumberAsync("return redis.call('HINCRBY', KEYS[1], 'e60000', -60000)");
        await limiter.ChargeAsync(limit.By(1), Cancellation);
        Assert.InRange(await NumberAsync("return redis.call('PTTL', KEYS[1])"), (long)Hour.TotalMilliseconds - 60_000, (long)Hour.TotalMilliseconds);
    }

    [Fact]
    public async Task RefusedRequests_LeaveNoKey()
    {
        var limiter = new RedisRateLimiter(_redis);
        RateLimitCharge full = new(Limit("full", (1, Minute)), 1);
        await limiter.ChargeAsync([full], Cancellation);
        await limiter.ChargeAsync([full, new RateLimitCharge(Limit("a", (1, Minute)), 1)], Cancellation);
        Assert.Equal(0, await NumberAsync("return redis.call('EXISTS', KEYS[1])"));
    }

    [Fact]
    public async Task LimitWithoutWindows_CountsNothing()
    {
        RateLimitVerdict verdict = await new RedisRateLimiter(_redis).ChargeAsync(Limit("a").By(1), Cancellation);
        Assert.True(verdict.IsAllowed);
        Assert.Equal(0, await NumberAsync("return redis.call('EXISTS', KEYS[1])"));
    }

    [Fact]
    public async Task RedisClockSetBack_LengthensNoWindow()
    {
        var limiter = new RedisRateLimiter(_redis);
        RateLimit limit = Limit("a", (1, Minute));
        await limiter.ChargeAsync(limit.By(1), Cancellation);
        await NumberAsync("return redis.call('HINCRBY', KEYS[1], 'e60000', 86400000)");
        RateLimitVerdict refused = await limiter.ChargeAsync(limit.By(1), Cancellation);
        Assert.False(refused.IsAllowed);
        Assert.InRange(refused.ResetSeconds, 55, 60);
        Assert.InRange(await NumberAsync("return redis.call('HGET', KEYS[1], 'e60000')"), 0, TimeProvider.System.GetUtcNow().AddMinutes(2).ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task InACluster_LimitsOfOneSubjectAreOneStep_AndAllAreCounted()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync();
        await using RedisConnection redis = Connect(cluster.Configuration, "test");
        var limiter = new RedisRateLimiter(redis);
        await limiter.ChargeAsync(Limit("first", (1, Minute)).By(99), Cancellation);
        RateLimit minute = Limit("minute", (3, Minute));
        RateLimit hour = Limit("hour", (4, Hour));
        bool[] passed = new bool[5];
        for (int request = 0; request < passed.Length; request++)
        {
            passed[request] = (await limiter.ChargeAsync([new RateLimitCharge(minute, 1), new RateLimitCharge(hour, 1), new RateLimitCharge(hour, (uint)request + 2)], Cancellation)).IsAllowed;
        }

        Assert.Equal([true, true, true, false, false], passed);
        Assert.Equal(0, (await limiter.ChargeAsync([new RateLimitCharge(hour, 1)], Cancellation)).Remaining);
        Assert.Equal(redis.SlotOf(redis.Keys.RateCounters("minute", "1")), redis.SlotOf(redis.Keys.RateCounters("hour", "1")));
    }

    [Fact]
    public async Task UnreachableRedis_IsAFailure_NotAnAnswer()
    {
        await using RedisConnection nowhere = Connect($"127.0.0.1:{FreePort.Next()}", "test");
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await new RedisRateLimiter(nowhere).ChargeAsync(Limit("a", (1, Minute)).By(1), Cancellation));
    }

    private async Task<long> NumberAsync(string script)
    {
        RedisResult result = await _redis.EvaluateAsync(script, [_redis.Keys.RateCounters("a", 1.ToString("x32", CultureInfo.InvariantCulture))], [], Cancellation);
        return (long)result;
    }
}
