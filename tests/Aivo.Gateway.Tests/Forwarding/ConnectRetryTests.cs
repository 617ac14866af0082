using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Yarp.ReverseProxy.Model;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>A request goes to another destination once, when nothing of it can have reached the first.</summary>
public sealed class ConnectRetryTests : IAsyncLifetime
{
    private RecordingDestination _destination = null!;

    public async ValueTask InitializeAsync() => _destination = await RecordingDestination.StartAsync();

    public ValueTask DisposeAsync() => _destination.DisposeAsync();

    [Theory]
    [InlineData("GET", "", 200)]
    [InlineData("HEAD", "", 200)]
    [InlineData("OPTIONS", "", 200)]
    [InlineData("PUT", "Content-Length: 0", 200)]
    [InlineData("DELETE", "", 200)]
    [InlineData("DELETE", "Content-Length: 1", 502)]
    [InlineData("PUT", "Content-Length: 1", 502)]
    [InlineData("GET", "Content-Length: 1", 502)]
    [InlineData("GET", "Transfer-Encoding: chunked", 502)]
    [InlineData("POST", "Content-Length: 0", 502)]
    [InlineData("PATCH", "Content-Length: 0", 502)]
    public async Task IdempotentRequestWithoutABody_GoesToAnotherDestination(string method, string header, int status)
    {
        await using TestGateway gateway = await StartAsync(("ahead", Dead()));
        string body = header switch { "Content-Length: 1" => "x", "Transfer-Encoding: chunked" => "1\r\nx\r\n0\r\n\r\n", _ => "" };

        RawAnswer answer = await SendAsync(gateway, $"{method} /closed/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n{header}{(header.Length > 0 ? "\r\n" : "")}\r\n{body}");

        Assert.Equal(status, answer.Status);
        Received? received = _destination.Take();
        Assert.Equal(status == 200 ? (method, "user-1") : (null, null), (received?.Method, received?.Header("X-User-Id")));
    }

    [Fact]
    public async Task DestinationWhoseTlsFails_IsLeftForAnother()
    {
        await using TestGateway gateway = await StartAsync(("ahead", _destination.Address.Replace("http:", "https:", StringComparison.Ordinal)));

        Assert.Equal(200, (await RawHttp.GetAsync(gateway.Port, "/open/a")).Status);
        Assert.NotNull(_destination.Take());
    }

    [Fact]
    public async Task DestinationThatWasReached_IsNotLeft()
    {
        await using var broken = new RawDestination("");
        await using TestGateway gateway = await StartAsync(("ahead", broken.Address));

        Assert.Equal(502, (await RawHttp.GetAsync(gateway.Port, "/open/a")).Status);
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task OnlyOneOther_IsTried()
    {
        await using TestGateway gateway = await StartAsync(("ahead", Dead()), ("begin", Dead()));

        Assert.Equal(502, (await RawHttp.GetAsync(gateway.Port, "/open/a")).Status);
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task RouteThatSaysNone_IsNotTriedAgain()
    {
        await using TestGateway gateway = await StartAsync(("ahead", Dead()));
        Assert.Equal(200, (await RawHttp.GetAsync(gateway.Port, "/open/a")).Status);
        Assert.NotNull(_destination.Take());

        await gateway.ReloadAsync(("ReverseProxy:Routes:open:Metadata:Retry", "None"));

        Assert.Equal(502, (await RawHttp.GetAsync(gateway.Port, "/open/a")).Status);
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task SecondAttempt_PassesTheLastCheckToo()
    {
        int checks = 0;
        await using TestGateway gateway = await StartAsync(("ahead", Dead()));
        gateway.CheckLast = _ => ++checks == 2 ? Denial.InvalidToken : null;

        Assert.Equal(401, (await RawHttp.GetAsync(gateway.Port, "/closed/a", "Authorization: Bearer good")).Status);
        Assert.Equal(2, checks);
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task PassiveHealth_HearsOfTheFailure()
    {
        await using TestGateway gateway = await StartAsync(("ahead", Dead()));
        for (int request = 0; request < 12; request++)
        {
            Assert.Equal(200, (await RawHttp.GetAsync(gateway.Port, "/open/a")).Status);
        }

        await Eventually.TrueAsync(() => gateway.HealthOf("up", "ahead").Passive == DestinationHealth.Unhealthy, () => "It heard of nothing.");
        Assert.NotEqual(DestinationHealth.Unhealthy, gateway.HealthOf("up", "one").Passive);
    }

    private static string Dead() => $"http://127.0.0.1:{FreePort.Next()}/";

    /// <summary>The balancer takes the first by name, and the recorded one is last.</summary>
    private Task<TestGateway> StartAsync(params (string Name, string Address)[] others)
    {
        var gateway = new TestGateway
        {
            Settings =
            {
                ["ReverseProxy:Clusters:up:LoadBalancingPolicy"] = "FirstAlphabetical",
                ["ReverseProxy:Clusters:up:HealthCheck:Passive:Enabled"] = "true",
                ["ReverseProxy:Clusters:up:HealthCheck:Passive:Policy"] = "TransportFailureRate",
            },
        };
        foreach ((string name, string address) in others)
        {
            gateway.Settings[$"ReverseProxy:Clusters:up:Destinations:{name}:Address"] = address;
        }

        return TestGateway.StartAsync(_destination, gateway);
    }

    /// <summary>The answer to HEAD has a length and no body.</summary>
    private static async Task<RawAnswer> SendAsync(TestGateway gateway, string request)
    {
        using var client = new HttpClient();
        if (!request.StartsWith("HEAD", StringComparison.Ordinal))
        {
            return await RawHttp.SendAsync(gateway.Port, request);
        }

        using var head = new HttpRequestMessage(HttpMethod.Head, $"http://localhost:{gateway.Port}/closed/a") { Headers = { { "Authorization", "Bearer good" } } };
        using HttpResponseMessage answer = await client.SendAsync(head, TestContext.Current.CancellationToken);
        return new RawAnswer((int)answer.StatusCode, [], "");
    }
}
