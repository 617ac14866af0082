using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>The proxy's own features that a route or cluster turns on by configuration, through the whole gateway.</summary>
public sealed class ProxyFeatureTests : IAsyncLifetime
{
    private const string Cluster = "ReverseProxy:Clusters:up:";
    private const string Route = "ReverseProxy:Routes:open:";

    private RecordingDestination _one = null!;
    private RecordingDestination _two = null!;
    private volatile bool _oneIsIll;

    public async ValueTask InitializeAsync()
    {
        _one = await RecordingDestination.StartAsync(context =>
        {
            context.Response.StatusCode = _oneIsIll && context.Request.Path == "/health" ? 500 : 200;
            context.Response.Headers["X-Internal"] = "host-7";
            context.Response.Headers.CacheControl = "public, max-age=60";
            return context.Response.WriteAsync("one");
        });
        _two = await RecordingDestination.StartAsync(context => context.Response.WriteAsync("two"));
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task LoadBalancing_GoesByThePolicyOfTheCluster()
    {
        await using TestGateway even = await StartAsync(($"{Cluster}LoadBalancingPolicy", "RoundRobin"));
        string[] answers = await AskAsync(even, 10);
        Assert.Equal((5, 5), (answers.Count(answer => answer == "one"), answers.Count(answer => answer == "two")));

        await using TestGateway first = await StartAsync(($"{Cluster}LoadBalancingPolicy", "FirstAlphabetical"));
        Assert.All(await AskAsync(first, 10), answer => Assert.Equal("one", answer));
    }

    [Fact]
    public async Task SessionAffinity_KeepsAClientWithItsDestination()
    {
        await using TestGateway gateway = await StartAsync(
            ($"{Cluster}LoadBalancingPolicy", "RoundRobin"), ($"{Cluster}SessionAffinity:Enabled", "true"),
            ($"{Cluster}SessionAffinity:Policy", "HashCookie"), ($"{Cluster}SessionAffinity:AffinityKeyName", "place"));
        RawAnswer first = await RawHttp.GetAsync(gateway.Port, "/open/a");
        string cookie = first.Header("Set-Cookie")!.Split(';')[0];
        Assert.StartsWith("place=", cookie, StringComparison.Ordinal);
        Assert.All(await AskAsync(gateway, 10, $"Cookie: {cookie}"), answer => Assert.Equal(first.Body, answer));
    }

    [Fact]
    public async Task ActiveHealthCheck_TakesTheIllDestinationOut_AndBackIn()
    {
        _oneIsIll = true;
        await using TestGateway gateway = await StartAsync(
            ($"{Cluster}LoadBalancingPolicy", "RoundRobin"), ($"{Cluster}HealthCheck:Active:Enabled", "true"), ($"{Cluster}HealthCheck:Active:Interval", "00:00:00.1"),
            ($"{Cluster}HealthCheck:Active:Path", "/health"), ($"{Cluster}Metadata:ConsecutiveFailuresHealthPolicy.Threshold", "1"));
        await Eventually.TrueAsync(async () => (await AskAsync(gateway, 4)).All(answer => answer == "two"), () => "the ill destination is still asked");
        _oneIsIll = false;
        await Eventually.TrueAsync(async () => (await AskAsync(gateway, 4)).Contains("one"), () => "the destination that is well again is not asked");
    }

    /// <summary>The circuit breaker: who cannot be reached is left out for a while, without any request of the gateway's own.</summary>
    [Fact]
    public async Task PassiveHealthCheck_TakesTheUnreachableDestinationOut()
    {
        await using TestGateway gateway = await StartAsync(
            ($"{Cluster}LoadBalancingPolicy", "RoundRobin"), ($"{Cluster}HealthCheck:Passive:Enabled", "true"), ($"{Cluster}HealthCheck:Passive:Policy", "TransportFailureRate"),
            ($"{Cluster}HealthCheck:Passive:ReactivationPeriod", "00:10:00"), ($"{Route}Metadata:Retry", "None"), ($"{Cluster}Destinations:one:Address", $"http://127.0.0.1:{FreePort.Next()}/"));
        int refused = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                string[] answers = await AskAsync(gateway, 6);
                refused += answers.Count(answer => answer != "two");
                return answers.All(answer => answer == "two");
            },
            () => "the unreachable destination is still asked");
        Assert.True(refused > 0, "it was never asked");
    }

    [Fact]
    public async Task Transforms_ChangeWhatIsSent_AndWhatIsAnswered()
    {
        await using TestGateway gateway = await StartAsync(
            ($"{Cluster}LoadBalancingPolicy", "FirstAlphabetical"),
            ($"{Route}Transforms:0:PathRemovePrefix", "/open"), ($"{Route}Transforms:1:PathPrefix", "/v2"),
            ($"{Route}Transforms:2:QueryValueParameter", "source"), ($"{Route}Transforms:2:Set", "gateway"),
            ($"{Route}Transforms:3:QueryRemoveParameter", "debug"),
            ($"{Route}Transforms:4:RequestHeader", "X-Api-Version"), ($"{Route}Transforms:4:Set", "2"),
            ($"{Route}Transforms:5:RequestHeaderRemove", "X-Trial"),
            ($"{Route}Transforms:6:ResponseHeaderRemove", "X-Internal"), ($"{Route}Transforms:6:When", "Always"),
            ($"{Route}Transforms:7:ResponseHeader", "X-Frame-Options"), ($"{Route}Transforms:7:Set", "DENY"), ($"{Route}Transforms:7:When", "Always"));
        RawAnswer answer = await RawHttp.GetAsync(gateway.Port, "/open/orders/7?debug=1&page=2", "X-Trial: 1", "X-Api-Version: 1");

        Received received = _one.Take()!;
        Assert.Equal(("/v2/orders/7?page=2&source=gateway", "2", null), (received.Target, received.Header("X-Api-Version"), received.Header("X-Trial")));
        Assert.Equal((200, null, "DENY", "public, max-age=60"), (answer.Status, answer.Header("X-Internal"), answer.Header("X-Frame-Options"), answer.Header("Cache-Control")));
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\nhello world", 413)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n", 413)]
    [InlineData("Content-Length: 10\r\n\r\nhello worl", 200)]
    public async Task BodyBeyondTheRoutesLimit_Is413(string rest, int status)
    {
        await using TestGateway gateway = await StartAsync(($"{Route}MaxRequestBodySize", "10"));
        RawAnswer answer = await RawHttp.SendAsync(gateway.Port, $"POST /open/a HTTP/1.1\r\nHost: localhost\r\n{rest}");
        Assert.Equal(status, answer.Status);
        Assert.True(status == 200 || answer.Body.Contains("\"payload_too_large\"", StringComparison.Ordinal), answer.Body);
    }

    private Task<TestGateway> StartAsync(params (string Key, string Value)[] settings)
    {
        var gateway = new TestGateway { Settings = { [$"{Cluster}Destinations:two:Address"] = _two.Address } };
        foreach ((string key, string value) in settings)
        {
            gateway.Settings[key] = value;
        }

        return TestGateway.StartAsync(_one, gateway);
    }

    private static async Task<string[]> AskAsync(TestGateway gateway, int times, params string[] headers)
    {
        List<string> answers = [];
        for (int number = 0; number < times; number++)
        {
            answers.Add((await RawHttp.GetAsync(gateway.Port, "/open/a", headers)).Body);
        }

        return [.. answers];
    }
}
