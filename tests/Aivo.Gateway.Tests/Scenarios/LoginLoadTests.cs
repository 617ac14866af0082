using System.Diagnostics;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Limits that nodes share, and many log-ins at once.</summary>
public sealed class LoginLoadTests(RedisServer redis)
{
    [Fact]
    public async Task TwoNodes_ShareTheCounters()
    {
        using var directory = new TemporaryDirectory();
        (string, string)[] settings =
        [
            ("Gateway:Store", "Redis"),
            ("Gateway:DataDirectory", directory.Path),
            ("Redis:Configuration", redis.Configuration),
            ("Redis:KeyPrefix", RedisServer.NewKeyPrefix()),
            ("Throttling:AccountAttempts", "2"),
        ];
        Task<GatewayProcess> startingA = GatewayProcess.StartAsync(settings);
        Task<GatewayProcess> startingB = GatewayProcess.StartAsync(settings);
        await using GatewayProcess nodeA = await startingA;
        await using GatewayProcess nodeB = await startingB;
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(nodeA, "not the password"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(nodeB, "not the password"));
        foreach (GatewayProcess node in new[] { nodeA, nodeB })
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(node, DemoGateway.Password));
        }
    }

    [Fact]
    public async Task MoreLoginsThanHashesFit_Get503AtOnce_AndOtherRoutesGoOn()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            ("Throttling:ConcurrentHashes", "1"), ("Throttling:QueuedHashes", "0"), ("Throttling:AccountAttempts", "10"));

        // A client that gives up: an answer that takes longer fails the test.
        using var http = new HttpClient { BaseAddress = gateway.Address, Timeout = TimeSpan.FromSeconds(5) };
        var client = new ContractClient(http);
        await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        Task<(HttpResponseMessage Answer, TimeSpan After)>[] logins = [.. Enumerable.Range(0, 10).Select(_ => TimedLoginAsync(client))];
        do
        {
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/public/x", null));
        }
        while (!logins.All(login => login.IsCompleted));

        int refused = 0;
        foreach (Task<(HttpResponseMessage Answer, TimeSpan After)> login in logins)
        {
            (HttpResponseMessage answer, TimeSpan after) = await login;
            using (answer)
            {
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    continue;
                }

                refused++;
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.Equal("temporarily_unavailable", (await ContractClient.ErrorAsync(answer)).Code);
                Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
                Assert.True(after < TimeSpan.FromSeconds(2), $"refused after {after}");
            }
        }

        Assert.InRange(refused, 1, 9);

        // Nothing was decided about those refused, so they are not counted: the account still has all its failures.
        for (int attempt = 0; attempt < 10; attempt++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway, "not the password"));
        }
    }

    private static async Task<(HttpResponseMessage Answer, TimeSpan After)> TimedLoginAsync(ContractClient client)
    {
        var watch = Stopwatch.StartNew();
        HttpResponseMessage answer = await client.SendAsync(HttpMethod.Post, "/auth/v1/login", null, new { email = DemoGateway.Learner, password = DemoGateway.Password });
        return (answer, watch.Elapsed);
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayProcess node, string password)
    {
        using var http = new HttpClient { BaseAddress = node.Address };
        using HttpResponseMessage answer = await new ContractClient(http).SendAsync(
            HttpMethod.Post, "/auth/v1/login", null, new { email = DemoGateway.Learner, password = SecretLedger.Note(password) });
        return answer.StatusCode;
    }
}
