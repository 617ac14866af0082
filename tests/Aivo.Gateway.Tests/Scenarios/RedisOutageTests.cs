using System.Diagnostics;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>
/// A Redis that dies, hangs, comes late or refuses the gateway: 503 within the lease, never 401 and never a request forwarded
/// unchecked (SR-87), and no session is the worse for it afterwards.
/// </summary>
public sealed class RedisOutageTests
{
    /// <summary>The lease, and what a busy machine needs to schedule one request.</summary>
    private static readonly TimeSpan LeaseAndMargin = TimeSpan.FromSeconds(1 + 4);

    [Fact]
    public async Task KilledRedis_Is503UntilItIsBack_AndNobodyIsLoggedOut()
    {
        await using LocalRedis redis = await LocalRedis.StartDurableAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Settings(redis));
        using HttpClient http = Open(gateway);
        var client = new ContractClient(http);
        ContractClient.AuthResponse kept = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse ended = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        await client.LogoutAsync(ended.AccessToken);

        await redis.KillAsync();
        await AssertUnavailableWithinLeaseAsync(client, kept.AccessToken);
        await AssertEverythingWaitsAsync(gateway, client, kept);
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", ended.AccessToken));
        await gateway.LogLineAsync("\"Name\":\"RevocationStale\"");
        await gateway.LogLineAsync("\"Name\":\"RevocationSyncFailed\"");

        await redis.RestartAsync();
        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", kept.AccessToken));
        ContractClient.AuthResponse next = await client.RefreshAsync(kept);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", next.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", ended.AccessToken));
        var refused = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => client.RefreshAsync(ended));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
    }

    [Fact]
    public async Task RedisThatStopsAnswering_Is503InBoundedTime_AndGoesOnLater()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Settings(redis));
        using HttpClient http = Open(gateway);
        var client = new ContractClient(http);
        ContractClient.AuthResponse kept = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse leaving = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);

        await redis.PauseAsync();
        await AssertUnavailableWithinLeaseAsync(client, kept.AccessToken);
        await AssertEverythingWaitsAsync(gateway, client, leaving);

        await redis.ResumeAsync();
        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", kept.AccessToken));
        await client.RefreshAsync(kept);

        // Whether the log-out that was answered 503 was carried out after all is open; repeated, it holds.
        await client.LogoutAsync(leaving.AccessToken);
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", leaving.AccessToken));
    }

    [Fact]
    public async Task GatewayThatStartsBeforeRedis_IsNotReady_AndBecomesSoWhenRedisIsThere()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await redis.KillAsync();
        await using GatewayProcess gateway = GatewayProcess.Launch(Settings(redis));
        await gateway.WaitUntilAsync(HttpStatusCode.ServiceUnavailable);
        using HttpClient http = Open(gateway);
        var client = new ContractClient(http);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/public/x", null));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await LoginStatusAsync(client));

        await redis.RestartAsync();
        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        ContractClient.AuthResponse pair = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", pair.AccessToken));
    }

    [Fact]
    public async Task WrongPasswordForRedis_IsNotReady_AndTheLogNamesTheCauseWithoutIt()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync(password: SecretLedger.Note("the-right-redis-password"));
        string wrong = SecretLedger.Note("a-wrong-redis-password");
        await using GatewayProcess gateway = GatewayProcess.Launch([.. Settings(redis), ("Redis:Configuration", $"{redis.Configuration},password={wrong}")]);
        await gateway.WaitUntilAsync(HttpStatusCode.ServiceUnavailable);
        using HttpClient http = Open(gateway);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await LoginStatusAsync(new ContractClient(http)));
        Assert.Contains("password", await gateway.LogLineAsync("\"Failure\":\"AuthenticationFailure\""), StringComparison.Ordinal);
    }

    private static (string Key, string Value)[] Settings(LocalRedis redis) =>
        [("Gateway:Store", "Redis"), ("Redis:Configuration", redis.Configuration), ("Redis:ConnectTimeout", "00:00:01")];

    /// <summary>A client that gives up after twice the longest hold, so that every answer is bounded in time.</summary>
    private static HttpClient Open(GatewayProcess gateway) => new() { BaseAddress = gateway.Address, Timeout = TimeSpan.FromSeconds(10) };

    private static async Task AssertUnavailableWithinLeaseAsync(ContractClient client, string accessToken)
    {
        var gone = Stopwatch.StartNew();
        while (true)
        {
            TimeSpan asked = gone.Elapsed;
            using HttpResponseMessage answer = await client.GetAsync("/demo/x", accessToken);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                Assert.Equal("temporarily_unavailable", (await ContractClient.ErrorAsync(answer)).Code);
                Assert.NotNull(answer.Headers.RetryAfter);
                return;
            }

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True(asked < LeaseAndMargin, $"still forwarded {asked} after Redis was gone");
        }
    }

    private static async Task AssertEverythingWaitsAsync(GatewayProcess gateway, ContractClient client, ContractClient.AuthResponse pair)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await LoginStatusAsync(client));
        foreach ((HttpMethod method, string path, object? body) in new (HttpMethod, string, object?)[]
        {
            (HttpMethod.Get, "/demo/x", null),
            (HttpMethod.Get, "/auth/v1/me", null),
            (HttpMethod.Post, "/auth/v1/refresh", new { refreshToken = pair.RefreshToken }),
            (HttpMethod.Post, "/auth/v1/logout", null),
        })
        {
            using HttpResponseMessage answer = await client.SendAsync(method, path, pair.AccessToken, body);
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{path}: {answer.StatusCode}");
            Assert.Equal("temporarily_unavailable", (await ContractClient.ErrorAsync(answer)).Code);
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/public/x", null));
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/public/x", pair.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", "not-a-token"));
        using var management = new HttpClient { BaseAddress = gateway.Management };
        Assert.Equal(HttpStatusCode.OK, await new ContractClient(management).StatusAsync("/health/live", null));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await new ContractClient(management).StatusAsync("/health/ready", null));
    }

    private static async Task<HttpStatusCode> LoginStatusAsync(ContractClient client)
    {
        using HttpResponseMessage answer = await client.SendAsync(HttpMethod.Post, "/auth/v1/login", null, new { email = DemoGateway.Learner, password = DemoGateway.Password });
        return answer.StatusCode;
    }
}
