using System.Text.RegularExpressions;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>The management listener: health and metrics, and nothing of them in public.</summary>
public sealed partial class ManagementTests(DemoGateway demo) : IClassFixture<DemoGateway>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/metrics", HttpStatusCode.OK)]
    [InlineData("/demo/x", HttpStatusCode.NotFound)]
    [InlineData("/auth/v1/me", HttpStatusCode.NotFound)]
    [InlineData("/", HttpStatusCode.NotFound)]
    public async Task ManagementListener_ServesHealthAndMetricsOnly(string path, HttpStatusCode expected)
    {
        using var http = new HttpClient { BaseAddress = demo.Gateway.Management };
        using HttpResponseMessage answer = await http.GetAsync(path, Cancellation);
        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task ForgedHost_DoesNotOpenTheManagementListenersPaths()
    {
        RawAnswer answer = await RawHttp.SendAsync(demo.Gateway.Port, $"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{demo.Gateway.Management.Port}\r\n\r\n");
        Assert.Equal(404, answer.Status);
    }

    [Fact]
    public async Task Metrics_CountLoginsRefreshesRefusalsAndForwardedRequests()
    {
        ContractClient.AuthResponse pair = await demo.Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse next = await demo.Client.RefreshAsync(pair);
        Assert.Equal(HttpStatusCode.OK, await demo.Client.StatusAsync("/demo/x", next.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await demo.Client.StatusAsync("/demo/x", null));
        await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => demo.Client.LoginAsync(DemoGateway.Learner, "wrong password"));
        await demo.Client.LogoutAsync(next.AccessToken);

        using var http = new HttpClient { BaseAddress = demo.Gateway.Management };
        string metrics = await http.GetStringAsync("/metrics", Cancellation);
        foreach (string pattern in new[]
        {
            "aivo_gateway_logins_total{.*outcome=\"succeeded\"}",
            "aivo_gateway_logins_total{.*outcome=\"invalid_credentials\"}",
            "aivo_gateway_refreshes_total{.*outcome=\"rotated\"}",
            "aivo_gateway_logouts_total{.*outcome=\"ended\",scope=\"local\"}",
            "aivo_gateway_refusals_total{.*code=\"unauthenticated\"}",
            "aivo_gateway_forwarded_requests_total{.*route=\"demo\",status=\"2xx\"}",
            "aivo_gateway_revocation_fresh(_ratio)?{.*} 1",
            "aivo_gateway_revocation_entries{.*} [1-9]",
            "aivo_gateway_token_cache_entries{.*} [1-9]",
        })
        {
            Assert.Matches(pattern, metrics);
        }
    }

    [Fact]
    public async Task LogLine_OfARefusal_IsFoundByItsTraceId()
    {
        using HttpResponseMessage answer = await demo.Client.GetAsync("/demo/traced", null);
        string trace = (await ContractClient.ErrorAsync(answer)).Details.GetProperty("traceId").GetString()!;
        string? line = null;
        for (int attempt = 0; attempt < 200 && line is null; attempt++)
        {
            line = demo.Gateway.Log.FirstOrDefault(candidate => candidate.Contains(trace, StringComparison.Ordinal));
            await Task.Delay(10, Cancellation);
        }

        Assert.NotNull(line);
        Assert.Matches(JsonLine(), line);
        Assert.Contains("\"Code\":\"unauthenticated\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PathWithLineBreaks_CannotForgeALogLine()
    {
        await demo.Client.StatusAsync("/demo/%0d%0a{\"forged\":1}", null);
        await demo.Client.StatusAsync("/demo/marker-after-forgery", null);
        for (int attempt = 0; attempt < 200 && !demo.Gateway.Log.Any(line => line.Contains("marker-after-forgery", StringComparison.Ordinal)); attempt++)
        {
            await Task.Delay(10, Cancellation);
        }

        Assert.Contains(demo.Gateway.Log, line => line.Contains("marker-after-forgery", StringComparison.Ordinal));
        Assert.DoesNotContain(demo.Gateway.Log, line => line.StartsWith("{\"forged\"", StringComparison.Ordinal));
    }

    [GeneratedRegex("^\\{.*\\}$")]
    private static partial Regex JsonLine();
}
