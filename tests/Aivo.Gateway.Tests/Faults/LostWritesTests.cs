using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// A Redis that comes back without what it had acknowledged: what is missing the gateways write back before anybody serves, and where
/// none is left that could, every token from before is refused.
/// </summary>
[Collection(FaultSuite.Name)]
public sealed class LostWritesTests
{
    /// <summary>Sessions that ended after the last save are alive in what comes back, and their ends only in the gateways.</summary>
    [Fact]
    public async Task RestartWithoutTheLastWrites()
    {
        await using LocalRedis redis = await LocalRedis.StartWithSnapshotsAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, LosesSessions = true });
        await fleet.BeginAsync();
        await redis.CommandAsync("SAVE");
        await fleet.SwingAsync(4);
        await redis.KillAsync();
        await redis.RestartAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task EmptyRestart_WithTheGatewaysThatKnewTheEnds()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, LosesSessions = true });
        await fleet.BeginAsync();
        await redis.KillAsync();
        await fleet.StaleAsync();
        await redis.RestartAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task EmptyRestart_WithoutAnybodyWhoKnewTheEnds()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, LosesSessions = true });
        await fleet.BeginAsync();
        foreach (FleetNode node in fleet.Nodes)
        {
            await node.KillAsync();
        }

        await redis.KillAsync();
        await redis.RestartAsync();
        await Task.WhenAll(fleet.Nodes.Select(node => node.StartAsync()));
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    /// <summary>Every node reaches another server from one moment to the next: a replica that was promoted without the last writes.</summary>
    [Fact]
    public async Task PromotedReplicaThatMissedTheLastWrites()
    {
        await using LocalRedis primary = await LocalRedis.StartAsync();
        await using LocalRedis replica = await LocalRedis.StartReplicaAsync(primary);
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            Configuration = $"{primary.Configuration},{replica.Configuration}",
            LosesSessions = true,
        });
        await fleet.BeginAsync();
        await replica.PauseAsync();
        await fleet.SwingAsync(4);
        await primary.KillAsync();
        await replica.ResumeAsync();
        await replica.PromoteAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
