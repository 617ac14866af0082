using Aivo.Gateway.Tests.Infrastructure;
using static Aivo.Gateway.Tests.Scenarios.LimitedGateway;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Distributed limits of gateway processes that share one Redis.</summary>
public sealed class SharedRateLimitTests : IDisposable
{
    private const int Permits = 40;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nodes_CountTogether_AndEachForItselfWhileRedisIsAway_AndNeverNotAtAll()
    {
        await using Destination destination = await Destination.StartAsync(_ => Task.CompletedTask);
        await using LocalRedis redis = await LocalRedis.StartAsync();
        (string, string)[] settings =
        [
            ("Gateway:Store", "Redis"), ("Gateway:DataDirectory", _directory.Path), ("Gateway:TrustedProxies:0", "127.0.0.1"),
            ("Redis:Configuration", redis.Configuration), ("Redis:ConnectTimeout", "00:00:01"), ("Redis:CommandTimeout", "00:00:05"), ("Throttling:RateLimitTimeout", "00:00:05"),
            ("ReverseProxy:Clusters:up:Destinations:one:Address", destination.Address.AbsoluteUri),
            .. Limit("shared", "Address", "Distributed", $"{Permits}/01:00:00", $"{2 * Permits}/1.00:00:00"),
            .. Route("shared", "anonymous", "shared"),
        ];
        Task<GatewayProcess> startingA = GatewayProcess.StartAsync(settings), startingB = GatewayProcess.StartAsync(settings);
        await using GatewayProcess nodeA = await startingA;
        await using GatewayProcess nodeB = await startingB;
        using HttpClient a = Open(nodeA), b = Open(nodeB);

        int[] together = await Task.WhenAll(PassedAsync(a, "192.0.2.1"), PassedAsync(b, "192.0.2.1"));
        Assert.DoesNotContain(nodeA.Log.Concat(nodeB.Log), line => line.Contains("RateLimitsCountedHere", StringComparison.Ordinal));
        Assert.Equal(Permits, together.Sum());
        Assert.Equal(2 * Permits * 2, await RoundTripsAsync(nodeA) + await RoundTripsAsync(nodeB));

        await redis.KillAsync();
        int[] apart = await Task.WhenAll(PassedAsync(a, "192.0.2.2"), PassedAsync(b, "192.0.2.2"));
        Assert.Equal([Permits, Permits], apart);
        int[] exhausted = await Task.WhenAll(PassedAsync(a, "192.0.2.2"), PassedAsync(b, "192.0.2.2"));
        Assert.Equal([0, 0], exhausted);
        Assert.True(await IsAwayAsync(nodeA) && await IsAwayAsync(nodeB), "both nodes count for themselves");

        await redis.RestartAsync();
        await Eventually.TrueAsync(async () => !await IsAwayAsync(nodeA) && !await IsAwayAsync(nodeB), () => "Redis was not asked again");
        int[] again = await Task.WhenAll(PassedAsync(a, "192.0.2.3"), PassedAsync(b, "192.0.2.3"));
        Assert.Equal(Permits, again.Sum());
        Assert.Single(nodeA.Log, line => line.Contains("RateLimitsCountedHere", StringComparison.Ordinal));
    }

    /// <summary>How many of twice the permits pass that are asked for at once. Anything but 200 and 429 is a failure.</summary>
    private static async Task<int> PassedAsync(HttpClient http, string address)
    {
        HttpStatusCode[] statuses = await Task.WhenAll(Enumerable.Range(0, 2 * Permits).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/shared/x");
            request.Headers.Add("X-Forwarded-For", address);
            using HttpResponseMessage answer = await http.SendAsync(request, Cancellation);
            Assert.True(answer.Headers.Contains("RateLimit-Remaining"), "every answer says what is left");
            return answer.StatusCode;
        }));
        Assert.All(statuses, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, $"{status}"));
        return statuses.Count(status => status == HttpStatusCode.OK);
    }

    private static async Task<bool> IsAwayAsync(GatewayProcess node) => await MetricAsync(node, "aivo_gateway_rate_limits_fallback") == 1;

    private static Task<int> RoundTripsAsync(GatewayProcess node) => MetricAsync(node, "aivo_gateway_rate_limits_calls_seconds_count");

    private static async Task<int> MetricAsync(GatewayProcess node, string name)
    {
        using var management = new HttpClient { BaseAddress = node.Management };
        string line = (await management.GetStringAsync("/metrics", Cancellation)).Split('\n').Last(line => line.StartsWith(name, StringComparison.Ordinal));
        string[] parts = line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static HttpClient Open(GatewayProcess gateway) => new() { BaseAddress = gateway.Address, Timeout = TimeSpan.FromSeconds(30) };
}
