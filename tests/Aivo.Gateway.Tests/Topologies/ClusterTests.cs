using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Scenarios;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>A Redis Cluster, told by the addresses of some of its servers.</summary>
public sealed class ClusterTests
{
    private static readonly TimeSpan FollowedWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task OneServersAddress_IsEnough()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync();
        await SessionJourney.RunAsync(SessionJourney.Settings(cluster.Servers[2].Configuration));
    }

    [Fact]
    public async Task ReplicaThatTakesOver_IsFollowedWithinSeconds_AndNobodyIsLoggedOut()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(replicas: 1);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(SessionJourney.Settings(cluster.Configuration));
        await SessionJourney.RunAsync(gateway);
        using HttpClient http = SessionJourney.Open(gateway);
        var client = new ContractClient(http);
        ContractClient.AuthResponse kept = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        LocalRedis owner = await cluster.PrimaryOfAsync("{0}");
        await cluster.ReplicatedAsync(owner);

        TimeSpan gap = await SessionJourney.OutlastAsync(client, kept, async () =>
        {
            await owner.KillAsync();
            await cluster.PromotedAsync(owner, "{0}");
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"forwarding again {gap} after the promotion");
        Assert.InRange(gap, TimeSpan.Zero, FollowedWithin);
        kept = await client.RefreshAsync(kept);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", kept.AccessToken));
        await SessionJourney.RunAsync(gateway);
    }
}
