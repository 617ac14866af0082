using System.Diagnostics;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Two gateway processes that share a data directory and one Redis.</summary>
public sealed class TwoNodesTests(RedisServer redis)
{
    [Fact]
    public async Task LoginOnA_IsForwardedByB_RefreshedByB_AndAfterLogoutOnA_RefusedByBoth()
    {
        using var directory = new TemporaryDirectory();
        (string, string)[] settings =
        [
            ("Gateway:Store", "Redis"),
            ("Gateway:DataDirectory", directory.Path),
            ("Redis:Configuration", redis.Configuration),
            ("Redis:KeyPrefix", RedisServer.NewKeyPrefix()),
        ];

        // Both start at once on the empty directory: users and keys are made once.
        Task<GatewayProcess> startingA = GatewayProcess.StartAsync(settings);
        Task<GatewayProcess> startingB = GatewayProcess.StartAsync(settings);
        await using GatewayProcess nodeA = await startingA;
        await using GatewayProcess nodeB = await startingB;
        using var httpA = new HttpClient { BaseAddress = nodeA.Address };
        using var httpB = new HttpClient { BaseAddress = nodeB.Address };
        var a = new ContractClient(httpA);
        var b = new ContractClient(httpB);

        ContractClient.AuthResponse first = await a.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        Assert.Equal(HttpStatusCode.OK, await b.StatusAsync("/demo/x", first.AccessToken));
        ContractClient.AuthResponse second = await b.RefreshAsync(first);
        Assert.Equal(HttpStatusCode.OK, await a.StatusAsync("/demo/x", second.AccessToken));

        await a.LogoutAsync(second.AccessToken);
        Assert.Equal(HttpStatusCode.Unauthorized, await a.StatusAsync("/demo/x", second.AccessToken));

        // B polls: it follows within SyncInterval, and a node that cannot fetch stops within Lease (1 s).
        var watch = Stopwatch.StartNew();
        while (await b.StatusAsync("/demo/x", second.AccessToken) == HttpStatusCode.OK)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), "node B still forwards the session");
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await b.StatusAsync("/demo/x", second.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await b.StatusAsync("/demo/x", first.AccessToken));
        var gone = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => b.RefreshAsync(second));
        Assert.Equal(HttpStatusCode.Unauthorized, gone.Status);
    }
}
