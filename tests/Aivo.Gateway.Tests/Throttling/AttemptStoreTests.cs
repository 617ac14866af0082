using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Throttling;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Throttling;

/// <summary>One contract, both stores.</summary>
public sealed class AttemptStoreTests(RedisServer server) : IAsyncDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly RedisConnection _redis = Connect(server.Configuration);
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task Reservations_AreGrantedUpToTheLimit_AndSayWhatIsLeft(string kind)
    {
        IAttemptStore store = Store(kind);
        AttemptLimit limit = new("a", 3, Window);
        for (int remaining = 2; remaining >= 0; remaining--)
        {
            AttemptReservation granted = await store.ReserveAsync([limit], Cancellation);
            Assert.Equal((true, 3, remaining), (granted.IsGranted, granted.Limit, granted.Remaining));
            Assert.InRange(granted.ResetSeconds, 290, 300);
        }

        AttemptReservation refused = await store.ReserveAsync([limit], Cancellation);
        Assert.Equal((false, 3, 0), (refused.IsGranted, refused.Limit, refused.Remaining));
        Assert.InRange(refused.ResetSeconds, 290, 300);
        Assert.True((await store.ReserveAsync([limit with { Subject = "b" }], Cancellation)).IsGranted, "another subject has its own counter");
    }

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task RefusalByOneLimit_RaisesNoOther(string kind)
    {
        IAttemptStore store = Store(kind);
        AttemptLimit tight = new("tight", 1, Window);
        AttemptLimit wide = new("wide", 3, Window * 2);
        Assert.Equal(0, (await store.ReserveAsync([wide, tight], Cancellation)).Remaining);
        for (int refusal = 0; refusal < 5; refusal++)
        {
            AttemptReservation refused = await store.ReserveAsync([wide, tight], Cancellation);
            Assert.Equal((false, 1, 0), (refused.IsGranted, refused.Limit, refused.Remaining));
        }

        Assert.Equal(1, (await store.ReserveAsync([wide], Cancellation)).Remaining);
    }

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task OfTwoExhaustedLimits_TheLongerOneIsReported(string kind)
    {
        IAttemptStore store = Store(kind);
        AttemptLimit[] limits = [new("short", 1, Window), new("long", 1, Window * 3)];
        await store.ReserveAsync(limits, Cancellation);
        Assert.InRange((await store.ReserveAsync(limits, Cancellation)).ResetSeconds, 890, 900);
    }

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task ParallelReservations_NeverExceedTheLimit(string kind)
    {
        IAttemptStore store = Store(kind);
        AttemptLimit shared = new("shared", 10, Window);
        AttemptReservation[] all = await Task.WhenAll(Enumerable.Range(0, 200).Select(index => Task.Run(
            async () => await store.ReserveAsync([shared, new AttemptLimit($"own-{index}", 5, Window)], Cancellation), Cancellation)));
        Assert.Equal(10, all.Count(reservation => reservation.IsGranted));
    }

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task ReleasedReservation_MakesRoomForOneMore(string kind)
    {
        IAttemptStore store = Store(kind);
        AttemptLimit[] limits = [new("a", 2, Window), new("b", 5, Window)];
        AttemptReservation first = await store.ReserveAsync(limits, Cancellation);
        await store.ReserveAsync(limits, Cancellation);
        await store.ReleaseAsync(first, Cancellation);
        Assert.True((await store.ReserveAsync(limits, Cancellation)).IsGranted);
        Assert.False((await store.ReserveAsync(limits, Cancellation)).IsGranted);
        Assert.Equal(2, (await store.ReserveAsync([limits[1]], Cancellation)).Remaining);
    }

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task WindowThatHasPassed_CountsNothing_AndALateReleaseTakesNothingFromTheNext(string kind)
    {
        IAttemptStore store = Store(kind);
        AttemptLimit limit = new("a", 2, Window);
        AttemptReservation old = await store.ReserveAsync([limit], Cancellation);
        await store.ReserveAsync([limit], Cancellation);
        Assert.False((await store.ReserveAsync([limit], Cancellation)).IsGranted);

        await PassAsync(kind, limit);
        Assert.Equal(1, (await store.ReserveAsync([limit], Cancellation)).Remaining);
        await store.ReleaseAsync(old, Cancellation);
        Assert.Equal(0, (await store.ReserveAsync([limit], Cancellation)).Remaining);
        Assert.False((await store.ReserveAsync([limit], Cancellation)).IsGranted);
    }

    [Fact]
    public async Task CounterInRedis_IsCollectedWhenItsWindowHasPassed()
    {
        await new RedisAttemptStore(_redis).ReserveAsync([new AttemptLimit("a", 2, Window)], Cancellation);
        Assert.InRange((long)await RunAsync("return redis.call('PTTL', KEYS[1])", "a"), 1, (long)Window.TotalMilliseconds);
    }

    [Fact]
    public async Task RedisClockSetBack_LengthensNoWindow()
    {
        var store = new RedisAttemptStore(_redis);
        AttemptLimit limit = new("a", 1, Window);
        await store.ReserveAsync([limit], Cancellation);
        await RunAsync("return redis.call('HINCRBY', KEYS[1], 'ends', 86400000)", "a");
        Assert.InRange((await store.ReserveAsync([limit], Cancellation)).ResetSeconds, 290, 300);
        string? ends = (string?)await RunAsync("return redis.call('HGET', KEYS[1], 'ends')", "a");
        Assert.InRange(long.Parse(ends!, System.Globalization.CultureInfo.InvariantCulture), 0, TimeProvider.System.GetUtcNow().AddMinutes(6).ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task UnreachableRedis_IsAFailure_NotAnAnswer()
    {
        await using RedisConnection nowhere = Connect($"127.0.0.1:{FreePort.Next()}");
        var store = new RedisAttemptStore(nowhere);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ReserveAsync([new AttemptLimit("a", 1, Window)], Cancellation));
    }

    [Fact]
    public async Task FullMemory_Refuses_UntilWindowsHavePassed_AndForgetsNoCounter()
    {
        var store = new InMemoryAttemptStore(_time, capacity: 4);
        AttemptLimit[] held = [new("a", 1, Window), new("b", 1, Window)];
        await store.ReserveAsync(held, Cancellation);
        await store.ReserveAsync([new AttemptLimit("c", 1, Window), new AttemptLimit("d", 1, Window)], Cancellation);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ReserveAsync([new AttemptLimit("e", 1, Window)], Cancellation));
        _time.Advance(Window);
        Assert.True((await store.ReserveAsync([new AttemptLimit("e", 1, Window)], Cancellation)).IsGranted);
    }

    [Fact]
    public async Task ReleasedCounter_TakesNoMemory()
    {
        var store = new InMemoryAttemptStore(_time, capacity: 1);
        await store.ReleaseAsync(await store.ReserveAsync([new AttemptLimit("a", 1, Window)], Cancellation), Cancellation);
        Assert.True((await store.ReserveAsync([new AttemptLimit("b", 1, Window)], Cancellation)).IsGranted);
    }

    private static RedisConnection Connect(string configuration)
    {
        var options = new RedisOptions
        {
            Configuration = configuration,
            KeyPrefix = RedisServer.NewKeyPrefix(),
            ConnectTimeout = TimeSpan.FromSeconds(1),
            CommandTimeout = TimeSpan.FromSeconds(5),
            Tls = false,
            CaFile = null,
        };
        return new RedisConnection(options, new RedisServers(options, NullLogger<RedisServers>.Instance), NullLogger<RedisConnection>.Instance);
    }

    private IAttemptStore Store(string kind) => kind == "redis" ? new RedisAttemptStore(_redis) : new InMemoryAttemptStore(_time);

    /// <summary>Lets a window pass: on virtual time in memory; in Redis, whose clock is its own, by moving the window's end to the past.</summary>
    private async Task PassAsync(string kind, AttemptLimit limit)
    {
        _time.Advance(limit.Window);
        if (kind == "redis")
        {
            await RunAsync($"return redis.call('HINCRBY', KEYS[1], 'ends', -{limit.Window.TotalMilliseconds})", limit.Subject);
        }
    }

    private Task<RedisResult> RunAsync(string script, string subject) =>
        _redis.EvaluateAsync(script, [_redis.Keys.Attempts($"{{login}}:{subject}")], [], Cancellation);
}
