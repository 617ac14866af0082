using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>A Redis that forgets everything: the sessions are gone, and whoever was told of an end still finds it ended.</summary>
[Collection(FaultSuite.Name)]
public sealed class DataLossTests
{
    [Fact]
    public Task FlushAll() => RunAsync(async (redis, _) => await redis.CommandAsync("FLUSHALL"));

    private static async Task RunAsync(Func<LocalRedis, FaultFleet, Task> fault)
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, LosesSessions = true });
        await fleet.BeginAsync();
        await fault(redis, fleet);
        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
