using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class RedisSessionIndexTests : SessionIndexContract, IAsyncDisposable
{
    private readonly RedisConnection _redis;
    private LogEpochs _epochs;

    public RedisSessionIndexTests(RedisServer server)
    {
        _redis = SessionSamples.ConnectTo(server.Configuration, RedisServer.NewKeyPrefix());
        _epochs = OpenEpochs.Of(_redis);
    }

    private protected override ISessionStore Store => new RedisSessionStore(_redis, _epochs);

    private protected override ISessionIndex Index => new RedisSessionIndex(_redis, _epochs);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private protected override async ValueTask<LogPosition> PositionAsync()
    {
        var log = (string[])(await _redis.EvaluateAsync(
            "return redis.call('HMGET', KEYS[1], 'epoch', 'n')", [_redis.Keys.RevocationMeta(0)], [], Token))!;
        return new LogPosition(log[0], long.Parse(log[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task LogThatLostItsLastWrites_MakesEarlierPositionsSayNothing()
    {
        await Index.RaiseAsync(SessionSamples.User, 0, Token);
        LogPosition position = await PositionAsync();
        await EvaluateAsync("return redis.call('HINCRBY', KEYS[1], 'n', -1)", _redis.Keys.RevocationMeta(0));

        Assert.Equal(CreateOutcome.EpochRaised, (await Index.CreateAsync(await NewSessionAsync(), position, 50, Token)).Outcome);
    }

    [Fact]
    public async Task RaiseUnderAnotherEpoch_CameBeforeEverythingOfThisOne()
    {
        await Index.RaiseAsync(SessionSamples.User, 0, Token);
        await Index.RaiseAsync(SessionSamples.User, 0, Token);
        await EvaluateAsync("return redis.call('DEL', KEYS[1])", _redis.Keys.RevocationMeta(0));
        _epochs = await OpenEpochs.OfAsync(_redis, "another");
        LogPosition begun = await PositionAsync();
        Assert.Equal(0, begun.Number);

        Assert.Equal(CreateOutcome.Created, (await Index.CreateAsync(await NewSessionAsync(), begun, 50, Token)).Outcome);
        await Index.RaiseAsync(SessionSamples.User, 0, Token);
        Assert.Equal(CreateOutcome.EpochRaised, (await Index.CreateAsync(await NewSessionAsync(), begun, 50, Token)).Outcome);
    }

    [Fact]
    public async Task EmptyRedis_RefusesEveryEarlierPosition()
    {
        LogPosition position = await PositionAsync();
        await EvaluateAsync("return redis.call('DEL', KEYS[1])", _redis.Keys.RevocationMeta(0));

        Assert.Equal(CreateOutcome.EpochRaised, (await Index.CreateAsync(await NewSessionAsync(), position, 50, Token)).Outcome);
    }

    [Fact]
    public async Task KeysOfAUser_AreCollectedWithTheLastSession_AndAnEmptyOneSoonAfterARaise()
    {
        const string Expiry = "return redis.call('PEXPIRETIME', KEYS[1])";
        RedisKey user = _redis.Keys.User(0, SessionSamples.User), tenant = _redis.Keys.TenantUsers(0, SessionSamples.Tenant);
        await Index.RaiseAsync(SessionSamples.User, 0, Token);
        Assert.InRange((long)await EvaluateAsync("return redis.call('TTL', KEYS[1])", user), 3500, 3600);

        NewSession longest = await NewSessionAsync();
        NewSession shorter = (await NewSessionAsync()) with { CollectAt = longest.CollectAt.AddDays(-7) };
        foreach (NewSession session in new[] { longest, shorter })
        {
            Assert.Equal(CreateOutcome.Created, (await Index.CreateAsync(session, await PositionAsync(), 50, Token)).Outcome);
        }

        await Index.RaiseAsync(SessionSamples.User, 0, Token);
        Assert.Equal(longest.CollectAt.ToUnixTimeMilliseconds(), (long)await EvaluateAsync(Expiry, user));
        Assert.Equal(longest.CollectAt.ToUnixTimeMilliseconds(), (long)await EvaluateAsync(Expiry, tenant));
    }

    [Fact]
    public async Task Login_NotesTheUserWithItsTenant()
    {
        Assert.Equal(CreateOutcome.Created, (await Index.CreateAsync(await NewSessionAsync(), await PositionAsync(), 50, Token)).Outcome);

        RedisResult users = await EvaluateAsync("return redis.call('SMEMBERS', KEYS[1])", _redis.Keys.TenantUsers(0, SessionSamples.Tenant));
        Assert.Equal([SessionSamples.User.ToString()], (string[])users!);
    }

    private Task<RedisResult> EvaluateAsync(string script, params RedisKey[] keys) => _redis.EvaluateAsync(script, keys, [], Token);
}
