using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Scenarios;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>A primary that Sentinels watch, told by the Sentinels' addresses and the name of what they watch.</summary>
public sealed class SentinelTests
{
    /// <summary>From the promotion to the first forwarded request, on a machine that is busy with other tests.</summary>
    private static readonly TimeSpan FollowedWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task PromotedReplica_IsFollowedWithinSeconds_AndNobodyIsLoggedOut()
    {
        await using LocalSentinel group = await LocalSentinel.StartAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(SessionJourney.Settings(group.Configuration));
        await SessionJourney.RunAsync(gateway);
        using HttpClient http = SessionJourney.Open(gateway);
        var client = new ContractClient(http);
        ContractClient.AuthResponse kept = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse ended = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        await client.LogoutAsync(ended.AccessToken);
        LocalRedis primary = await group.PrimaryAsync();
        await group.ReplicatedAsync();

        TimeSpan gap = await SessionJourney.OutlastAsync(client, kept, async () =>
        {
            await primary.KillAsync();
            await group.PromotedAsync(primary);
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"forwarding again {gap} after the promotion");
        Assert.InRange(gap, TimeSpan.Zero, FollowedWithin);
        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", ended.AccessToken));
        kept = await client.RefreshAsync(kept);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", kept.AccessToken));
        await SessionJourney.RunAsync(gateway);
    }

    [Fact]
    public async Task ServersAndSentinels_MayHaveUsersOfTheirOwn()
    {
        string password = SecretLedger.Note("the-password-of-the-servers");
        string sentinelPassword = SecretLedger.Note("the-password-of-the-sentinels");
        string watcher = string.Join(' ', DocumentedRights.Of("aivo-sentinel", sentinelPassword));
        await using LocalSentinel group = await LocalSentinel.StartAsync(
            ["user default on nopass ~* &* +@all", $"user {watcher}"],
            ["--user", "gateway", "on", $">{password}", "~*", "&*", "+@all"]);
        await SessionJourney.RunAsync(SessionJourney.Settings(
            $"{group.Configuration},user=gateway,password={password},sentinelUser=aivo-sentinel,sentinelPassword={sentinelPassword}"));
    }

    [Fact]
    public async Task GatewayThatStartsBeforeItsSentinels_IsReadyOnceTheyAnswer()
    {
        await using LocalSentinel group = await LocalSentinel.StartAsync();
        foreach (RedisProcess sentinel in group.Sentinels)
        {
            await sentinel.KillAsync();
        }

        await using GatewayProcess gateway = GatewayProcess.Launch(SessionJourney.Settings(group.Configuration));
        await gateway.WaitUntilAsync(HttpStatusCode.ServiceUnavailable);
        await gateway.LogLineAsync("\"Name\":\"RedisCallFailed\"");
        foreach (RedisProcess sentinel in group.Sentinels)
        {
            await sentinel.RestartAsync();
        }

        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        await SessionJourney.RunAsync(gateway);
    }

    [Fact]
    public async Task GatewayThatStartsWhileThereIsNoPrimary_IsReadyOnceThereIsOne()
    {
        await using LocalSentinel group = await LocalSentinel.StartAsync();
        foreach (LocalRedis server in group.Servers)
        {
            await server.KillAsync();
        }

        await using GatewayProcess gateway = GatewayProcess.Launch(SessionJourney.Settings(group.Configuration, ("Redis:ConnectTimeout", "00:00:00.500")));
        await gateway.LogLineAsync("\"Name\":\"RedisCallFailed\"");
        await group.Servers[0].RestartAsync();
        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        await SessionJourney.RunAsync(gateway);
    }
}
