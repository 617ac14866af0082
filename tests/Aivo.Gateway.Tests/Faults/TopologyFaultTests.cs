using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>Fail-overs of Sentinel, where an end counts only when a replica has it.</summary>
[Collection(FaultSuite.Name)]
public sealed class TopologyFaultTests
{
    [Fact]
    public async Task SentinelPrimaryKilled()
    {
        await using LocalSentinel group = await LocalSentinel.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            Configuration = group.Configuration,
            SettingsOf = _ => [("Redis:WaitReplicas", "1")],
        });
        await fleet.BeginAsync();
        LocalRedis primary = await group.PrimaryAsync();
        await primary.KillAsync();
        await group.PromotedAsync(primary);
        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
