using System.Net;
using System.Net.Sockets;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class RedisSessionStoreTests : SessionStoreContract, IAsyncDisposable
{
    private readonly RedisServer _server;
    private readonly RedisConnection _redis;
    private readonly LogEpochs _epochs;

    public RedisSessionStoreTests(RedisServer server)
    {
        (_server, _redis) = (server, SessionSamples.ConnectTo(server.Configuration, RedisServer.NewKeyPrefix()));
        _epochs = OpenEpochs.Of(_redis);
    }

    private protected override ISessionStore Store => new RedisSessionStore(_redis, _epochs);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Clock_IsRedisTime()
    {
        const string Time = "local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000)";

        long before = (long)await EvaluateAsync(Time);
        StoredSession stored = await Store.ReadAsync(SessionId.Create(0), Token);
        long after = (long)await EvaluateAsync(Time);

        Assert.InRange(stored.Now.ToUnixTimeMilliseconds(), before, after);
    }

    [Fact]
    public async Task Record_IsCollectedByRedis_AtTheGivenTime()
    {
        SessionId id = SessionId.Create(0);
        DateTimeOffset collectAt = SessionSamples.Noon.AddYears(20);

        await Store.CommitAsync(id, null, new SessionWrite([1], collectAt, []), Token);

        Assert.Equal(collectAt.ToUnixTimeMilliseconds(), (long)await EvaluateAsync("return redis.call('PEXPIRETIME', KEYS[1])", _redis.Keys.Session(id)));
    }

    [Fact]
    public async Task Revocations_LieWhereTheFeedReadsThem()
    {
        SessionId id = SessionId.Create(3);
        RevocationEntry entry = RevocationEntry.ForSession(id, SessionSamples.Noon);
        long first = await RevokeAsync(id, entry);

        Assert.Equal(1, first);
        Assert.Equal((1, 1, entry.KeepUntil.ToUnixTimeMilliseconds()), await ReadEntryAsync(id, entry));
        Assert.Equal(-2, (long)await EvaluateAsync("return redis.call('TTL', KEYS[1])", _redis.Keys.Session(id)));
        Assert.Equal(-1, (long)await EvaluateAsync("return redis.call('TTL', KEYS[1])", _redis.Keys.RevocationNumbers(3)));
        Assert.Equal(0, (long)await EvaluateAsync("return redis.call('EXISTS', KEYS[1])", _redis.Keys.RevocationNumbers(0)));
    }

    [Fact]
    public async Task RevocationWrittenAgain_KeepsItsNumber_AndIsNeverKeptShorter()
    {
        SessionId id = SessionId.Create(0);
        RevocationEntry entry = RevocationEntry.ForSession(id, SessionSamples.Noon);
        await RevokeAsync(id, entry);
        await RevokeAsync(id, entry with { KeepUntil = SessionSamples.Noon.AddHours(-1) });
        Assert.Equal((1, 1, entry.KeepUntil.ToUnixTimeMilliseconds()), await ReadEntryAsync(id, entry));

        await RevokeAsync(id, entry with { KeepUntil = SessionSamples.Noon.AddHours(1) });
        Assert.Equal((1, 1, SessionSamples.Noon.AddHours(1).ToUnixTimeMilliseconds()), await ReadEntryAsync(id, entry));
    }

    [Fact]
    public async Task CommitAfterRedisForgotTheScripts_Succeeds()
    {
        SessionId id = SessionId.Create(0);
        await Store.CommitAsync(id, null, new SessionWrite([1], SessionSamples.Noon.AddYears(20), []), Token);
        await using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync(_server.Configuration + ",allowAdmin=true");
        await admin.GetServers()[0].ScriptFlushAsync();

        Assert.Equal([1], (await Store.ReadAsync(id, Token)).Bytes);
        Assert.True((await Store.CommitAsync(id, [1], new SessionWrite([2], SessionSamples.Noon.AddYears(20), []), Token)).Committed);
    }

    [Fact]
    public async Task UnreachableRedis_IsUnavailable_InBoundedTime() => await AssertUnavailableAsync(FreePort.Next());

    [Fact]
    public async Task RedisThatNeverAnswers_IsUnavailable_InBoundedTime()
    {
        using var silent = new TcpListener(IPAddress.Loopback, FreePort.Next());
        silent.Start();

        await AssertUnavailableAsync(((IPEndPoint)silent.LocalEndpoint).Port);
    }

    [Fact]
    public async Task KeyOfAnotherType_IsUnavailable_NotUnknown()
    {
        SessionId id = SessionId.Create(0);
        await EvaluateAsync("return redis.call('HSET', KEYS[1], 'a', 'b')", _redis.Keys.Session(id));

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.ReadAsync(id, Token));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.ReadManyAsync([SessionId.Create(0), id], Token));
    }

    private async Task<long> RevokeAsync(SessionId id, RevocationEntry entry) =>
        (await Store.CommitAsync(id, null, new SessionWrite(null, SessionSamples.Noon, [entry]), Token)).RevocationNumber;

    private async Task<(long Last, long Number, long KeepUntil)> ReadEntryAsync(SessionId id, RevocationEntry entry)
    {
        RedisResult reply = await _redis.EvaluateAsync(
            "return {redis.call('HGET', KEYS[1], 'n'), redis.call('ZSCORE', KEYS[2], ARGV[1]), redis.call('ZSCORE', KEYS[3], ARGV[1])}",
            [_redis.Keys.RevocationMeta(id.Shard), _redis.Keys.RevocationNumbers(id.Shard), _redis.Keys.RevocationKeep(id.Shard)],
            [entry.Member],
            Token);
        return ((long)reply[0], (long)reply[1], (long)reply[2]);
    }

    private Task<RedisResult> EvaluateAsync(string script, params RedisKey[] keys) => _redis.EvaluateAsync(script, keys, [], Token);

    /// <summary>Real time bounds the call; the bound is generous, since what it must exclude is a call that never ends.</summary>
    private static async Task AssertUnavailableAsync(int port)
    {
        await using RedisConnection redis = SessionSamples.ConnectTo($"127.0.0.1:{port}", "test", TimeSpan.FromMilliseconds(300));
        var epochs = new LogEpochs(1) { [0] = "epoch" };
        var store = new RedisSessionStore(redis, epochs);
        SessionTransactions transactions = SessionSamples.Transactions(store);
        SessionRecord record = SessionSamples.NewRecord();
        TimeSpan bound = TimeSpan.FromSeconds(10);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ReadAsync(record.Id, Token).AsTask().WaitAsync(bound, Token));
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            transactions.RefreshAsync(SessionSamples.TokenOf(record), "key-1", SessionSamples.Active, Token).WaitAsync(bound, Token));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => transactions.EndAsync(record.Id, EndReason.Logout, Token).WaitAsync(bound, Token));
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            new SessionLogins(new RedisSessionIndex(redis, epochs), SessionSamples.Options, SessionSamples.Retention, () => [], TimeProvider.System.GetUtcNow)
                .BeginAsync(SessionSamples.User, SessionSamples.Tenant, SessionSamples.Client, "key-1", 0, new LogPosition("epoch", 0), Token)
                .WaitAsync(bound, Token));
    }
}
