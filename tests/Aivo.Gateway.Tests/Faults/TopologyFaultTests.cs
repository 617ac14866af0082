using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>Fail-overs of Sentinel and Cluster, where an end counts only when a replica has it.</summary>
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

    /// <summary>The old primary is stopped and not dead: it wakes up as a primary and does not know that there is another.</summary>
    [Fact]
    public async Task SentinelPrimaryStopped_AndContinuedAfterTheOtherTookOver()
    {
        await using LocalSentinel group = await LocalSentinel.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            Configuration = group.Configuration,
            SettingsOf = _ => [("Redis:WaitReplicas", "1")],
        });
        await fleet.BeginAsync();
        LocalRedis primary = await group.PrimaryAsync();
        await primary.PauseAsync();
        await group.PromotedAsync(primary);
        await primary.ResumeAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task ClusterPrimaryKilled()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(replicas: 2);
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            Configuration = cluster.Configuration,
            SettingsOf = _ => [("Redis:WaitReplicas", "1"), ("Revocation:Shards", "3")],
        });
        await fleet.BeginAsync();
        LocalRedis primary = await cluster.PrimaryOfAsync("{0}");
        await primary.KillAsync();
        await cluster.PromotedAsync(primary, "{0}");
        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
