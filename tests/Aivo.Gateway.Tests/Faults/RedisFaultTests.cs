using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>Faults of a single Redis server that keeps what it acknowledged.</summary>
[Collection(FaultSuite.Name)]
public sealed class RedisFaultTests
{
    [Fact]
    public async Task NoFault_BreaksNoPromise()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, Nodes = 3 });
        await fleet.BeginAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task KilledAndRestarted()
    {
        await using LocalRedis redis = await LocalRedis.StartDurableAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        await redis.KillAsync();
        await fleet.StaleAsync();
        await redis.RestartAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task StoppedAndContinued()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        await redis.PauseAsync();
        await fleet.StaleAsync();
        await redis.ResumeAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
