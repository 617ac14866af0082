using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Sessions;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>No write under another epoch, on a server that was restarted since it began, or, but for what is written back, while it is closed.</summary>
public sealed class RevocationFenceTests(RedisServer server)
{
    private static readonly DateTimeOffset KeepUntil = TimeProvider.System.GetUtcNow() + RevocationOptions.Retention;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnotherEpoch_TakesNothing()
    {
        await using var log = new RedisRevocations(server.Configuration, RedisServer.NewKeyPrefix());
        await log.OpenAsync();
        await AssertFencedAsync(log, "another", closedToo: true);
        Assert.Equal(SyncOutcome.OtherEpoch, (await log.SyncAsync("another")).Outcome);
        Assert.Equal(0, (long)await log.RunAsync("return redis.call('HEXISTS', KEYS[4], 'test')"));
    }

    [Fact]
    public async Task RestartedServer_TakesNothing_UntilAnEpochWasBegun_InWhichNumbersGoOn()
    {
        await using LocalRedis redis = await LocalRedis.StartDurableAsync();
        await using var log = new RedisRevocations(redis.Configuration, "test");
        LogCommit before = await log.AppendAsync(RevocationEntry.ForSession(SessionId.Create(0), KeepUntil));
        await log.SyncAsync(before.Epoch);
        await redis.KillAsync();
        await redis.RestartAsync();
        await using var again = new RedisRevocations(redis.Configuration, "test");

        await AssertFencedAsync(again, before.Epoch, closedToo: true);
        SyncReply found = await again.SyncAsync(before.Epoch);
        Assert.Equal((SyncOutcome.BeginNeeded, before.Epoch), (found.Outcome, found.Epoch));

        await again.Log.BeginAsync(0, "not that one", Cancellation);
        Assert.Equal(SyncOutcome.BeginNeeded, (await again.SyncAsync(null)).Outcome);
        await again.Log.BeginAsync(0, before.Epoch, Cancellation);
        string epoch = (await again.SyncAsync(null)).Epoch!;
        Assert.NotEqual(before.Epoch, epoch);
        SyncReply closed = await again.SyncAsync(epoch, withLeases: true);
        Assert.Equal((false, 1, 1), (closed.Open, closed.Last, closed.Leases!.Count));
        Assert.InRange(closed.Since, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 60, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 2);
        Assert.True(closed.Floor > 0 && closed.Floor <= closed.Since, "the floor is the time of the first beginning");

        await AssertFencedAsync(again, epoch, closedToo: false);
        await again.Log.AppendAsync(0, epoch, [RevocationEntry.ForSession(SessionId.Create(0), KeepUntil)], restores: true, Cancellation);
        await again.Log.LowerSinceAsync(0, epoch, 5, Cancellation);
        await again.Log.OpenAsync(0, epoch, Cancellation);
        SyncReply open = await again.SyncAsync(epoch);
        Assert.Equal((true, closed.Floor, 2), (open.Open, open.Since, open.Last));
    }

    [Fact]
    public async Task FlushedServer_BeginsFromNothing_AndItsFloorIsNow()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using var log = new RedisRevocations(redis.Configuration, "test");
        string epoch = await log.OpenAsync();
        await log.RunAsync("redis.call('FLUSHALL')");
        await AssertFencedAsync(log, epoch, closedToo: true);
        Assert.Equal((SyncOutcome.BeginNeeded, null), ((await log.SyncAsync(epoch)).Outcome, (await log.SyncAsync(epoch)).Epoch));
        string next = await log.OpenAsync();
        SyncReply reply = await log.SyncAsync(next);
        Assert.Equal(reply.Floor, reply.Since);
    }

    [Fact]
    public async Task TwoWhoBegin_BeginOneEpoch()
    {
        await using var log = new RedisRevocations(server.Configuration, RedisServer.NewKeyPrefix());
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => log.Log.BeginAsync(0, null, Cancellation).AsTask()));
        string epoch = (await log.SyncAsync(null)).Epoch!;
        await log.Log.BeginAsync(0, epoch, Cancellation);
        Assert.Equal(epoch, (await log.SyncAsync(null)).Epoch);
    }

    private static async Task AssertFencedAsync(RedisRevocations log, string epoch, bool closedToo)
    {
        var store = new RedisSessionStore(log.Redis, new LogEpochs(1) { [0] = epoch });
        var index = new RedisSessionIndex(log.Redis, new LogEpochs(1) { [0] = epoch });
        SessionId id = SessionId.Create(0);
        var end = new SessionWrite([1], KeepUntil, [RevocationEntry.ForSession(id, KeepUntil)]);
        await RefusedAsync(async () => await store.CommitAsync(id, null, end, Cancellation));
        await RefusedAsync(async () => await index.RaiseAsync(SessionSamples.User, 0, Cancellation));
        await RefusedAsync(async () => await log.Log.AppendAsync(0, epoch, [RevocationEntry.ForSession(id, KeepUntil)], restores: false, Cancellation));
        if (closedToo)
        {
            await RefusedAsync(async () => await store.CommitAsync(id, null, end with { Restores = true }, Cancellation));
            await RefusedAsync(async () => await log.Log.AppendAsync(0, epoch, [RevocationEntry.ForSession(id, KeepUntil)], restores: true, Cancellation));
            await RefusedAsync(async () => await log.Log.OpenAsync(0, epoch, Cancellation));
            await RefusedAsync(async () => await log.Log.LowerSinceAsync(0, epoch, 1, Cancellation));
            await RefusedAsync(async () => await log.Log.LeaveAsync(0, epoch, "test", Cancellation));
        }

        Assert.Null((await store.ReadAsync(id, Cancellation)).Bytes);
        Assert.False((bool)await log.RunAsync("return redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 0", end.Revocations[0].Member));
    }

    private static async Task RefusedAsync(Func<Task> write) => await Assert.ThrowsAsync<StoreUnavailableException>(write);
}
