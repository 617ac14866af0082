using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>Many sessions that end at once: every node takes them up while it serves, and one that joins reads them all before it does.</summary>
[Collection(FaultSuite.Name)]
public sealed class ManyRevocationsTests
{
    private const int AtOnce = 5_000;

    private static readonly int Count = FaultSuite.IsLong ? 100_000 : 20_000;

    private const string Append = """
        for i = 2, #ARGV do
          redis.call('ZADD', KEYS[2], redis.call('HINCRBY', KEYS[1], 'n', 1), ARGV[i])
          redis.call('ZADD', KEYS[3], ARGV[1], ARGV[i])
        end
        """;

    [Fact]
    public async Task ManyRevocationsAtOnce_UnderLoad()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        await AppendAsync(redis);
        await fleet.AddNodeAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    private static async Task AppendAsync(LocalRedis redis)
    {
        var keys = new RedisKeys("aivo");
        DateTimeOffset keepUntil = TimeProvider.System.GetUtcNow() + RevocationOptions.Retention;
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        for (int done = 0; done < Count; done += AtOnce)
        {
            IEnumerable<RedisValue> members = Enumerable.Range(0, AtOnce).Select(_ => (RedisValue)RevocationEntry.ForSession(SessionId.Create(0), keepUntil).Member);
            await connection.GetDatabase().ScriptEvaluateAsync(
                Append, [keys.RevocationMeta(0), keys.RevocationNumbers(0), keys.RevocationKeep(0)], [keepUntil.ToUnixTimeMilliseconds(), .. members]);
        }
    }
}
