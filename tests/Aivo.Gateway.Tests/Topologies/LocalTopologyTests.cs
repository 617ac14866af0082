using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>The servers that other tests rely on are what they say.</summary>
public sealed class LocalTopologyTests
{
    [Fact]
    public async Task Sentinels_NameThePrimary_AndPromoteAReplicaWhenItDies()
    {
        await using LocalSentinel group = await LocalSentinel.StartAsync();
        LocalRedis first = await group.PrimaryAsync();
        Assert.Same(group.Servers[0], first);
        await first.CommandAsync("SET", "key", "value");
        await first.CommandAsync("WAIT", 2, 1000);
        await first.KillAsync();
        LocalRedis second = await group.PromotedAsync(first);
        Assert.Equal("value", await second.CommandAsync("GET", "key"));
    }

    [Fact]
    public async Task Cluster_HasAnOwnerForEveryKey_AndAReplicaTakesOverWhenItDies()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(replicas: 1);
        LocalRedis owner = await cluster.PrimaryOfAsync("{0}");
        Assert.Equal("OK", await owner.CommandAsync("SET", "{0}", "value"));
        await owner.CommandAsync("WAIT", 1, 1000);
        await owner.KillAsync();
        LocalRedis heir = await cluster.PromotedAsync(owner, "{0}");
        Assert.Equal("value", await heir.CommandAsync("GET", "{0}"));
    }
}
