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

    /// <summary>
    /// One replica is promoted by hand while the other still follows the old primary, and acknowledges there what the new one will never
    /// have. The nodes go over one by one: whoever is with the new primary has no acknowledgement and waits, so at no time two of them serve
    /// by different servers; and what ended at the old one, the node that knew it brings along.
    /// </summary>
    [Fact]
    public async Task ReplicaThatStillFollowsTheOldPrimary()
    {
        await using LocalRedis old = await LocalRedis.StartAsync();
        await using LocalRedis promoted = await LocalRedis.StartReplicaAsync(old);
        await using LocalRedis follower = await LocalRedis.StartReplicaAsync(old);
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            RedisPort = old.Port,
            LosesSessions = true,
            SettingsOf = _ => [("Redis:WaitReplicas", "1")],
        });
        await fleet.BeginAsync();
        await promoted.PromoteAsync();
        await fleet.SwingAsync(4);

        fleet.Nodes[0].Relay!.LeadTo(promoted.Port);
        await fleet.StaleAsync(fleet.Nodes[0]);
        long stale = TimeProvider.System.GetTimestamp();
        await fleet.SwingOnAsync([fleet.Nodes[1]], 4);
        Assert.False(fleet.Judge.HasServedSince(0, stale), "a node serves by a primary that no replica follows");

        fleet.Nodes[1].Relay!.LeadTo(promoted.Port);
        await follower.CommandAsync("REPLICAOF", "127.0.0.1", promoted.Port);
        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
