using System.Text.Json;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>X-Request-Id and W3C trace context towards a destination.</summary>
public sealed class TraceTests(DemoGateway demo) : IClassFixture<DemoGateway>
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Span = "00f067aa0ba902b7";

    [Fact]
    public async Task TraceContext_IsContinued_WithTheGatewaysOwnSpan()
    {
        Dictionary<string, string> received = await SendAsync(("traceparent", $"00-{Trace}-{Span}-01"), ("tracestate", "vendor=1"));
        string[] parts = received["traceparent"].Split('-');
        Assert.Equal(4, parts.Length);
        Assert.Equal(Trace, parts[1]);
        Assert.NotEqual(Span, parts[2]);
        Assert.Equal("vendor=1", received["tracestate"]);
        Assert.Equal(Trace, received["X-Request-Id"]);
    }

    [Theory]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")]
    [InlineData("garbage")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736")]
    public async Task MalformedTraceContext_IsReplaced(string sent)
    {
        Dictionary<string, string> received = await SendAsync(("traceparent", sent));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", received["traceparent"]);
        Assert.DoesNotContain(Trace, received["traceparent"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("order-17")]
    [InlineData("8c1d6c9e-6f9a-4c3e-9b0a-2f5d3b1a7e44")]
    [InlineData("a:b/c+d=e_f.g")]
    public async Task WellFormedRequestId_IsHandedOn(string sent)
    {
        Dictionary<string, string> received = await SendAsync(("X-Request-Id", sent));
        Assert.Equal(sent, received["X-Request-Id"]);
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("<script>")]
    [InlineData("{\"a\":1}")]
    [InlineData("")]
    public async Task MalformedOrMissingRequestId_BecomesTheTraceId(string sent)
    {
        Dictionary<string, string> received = await SendAsync(("X-Request-Id", sent));
        Assert.Equal(received["traceparent"].Split('-')[1], received["X-Request-Id"]);
        received = await SendAsync(("X-Request-Id", new string('a', 129)));
        Assert.Equal(received["traceparent"].Split('-')[1], received["X-Request-Id"]);
        received = await SendAsync();
        Assert.Equal(received["traceparent"].Split('-')[1], received["X-Request-Id"]);
    }

    private async Task<Dictionary<string, string>> SendAsync(params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/public/x");
        foreach ((string name, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        using HttpResponseMessage answer = await demo.Http.SendAsync(request, TestContext.Current.CancellationToken);
        using JsonDocument echo = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return echo.RootElement.GetProperty("headers").EnumerateObject()
            .ToDictionary(header => header.Name, header => header.Value.GetString()!, StringComparer.OrdinalIgnoreCase);
    }
}
