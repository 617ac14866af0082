using System.Net.WebSockets;
using Aivo.Gateway.Tests.Infrastructure;
using static Aivo.Gateway.Tests.Forwarding.StreamClients;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>How many streams there may be, and what becomes of them when the node stops.</summary>
public sealed class StreamLimitTests
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;
    private readonly StreamUnderTest _stream = new();

    [Fact]
    public async Task Drain_ClosesWebSockets_AndLetsNoneBegin()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.EchoAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway { Settings = { ["Streams:DrainTime"] = "00:00:01" } });
        using ClientWebSocket first = await ConnectAsync(gateway, false);
        using ClientWebSocket second = await ConnectAsync(gateway, true);

        Task drained = gateway.DrainAsync();
        await Task.WhenAll(AssertClosedAsync(first, WebSocketCloseStatus.EndpointUnavailable, "going away"), AssertClosedAsync(second, WebSocketCloseStatus.EndpointUnavailable, "going away"));
        await drained;

        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(gateway, false));
        Assert.Contains("503", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limit_IsHeldBeforeTheHandshake_AndAPlaceIsGivenBack()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.EchoAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway { Settings = { ["Streams:MaxPerSession"] = "1" } });
        using ClientWebSocket first = await ConnectAsync(gateway, false);

        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(gateway, false));

        Assert.Contains("429", refused.Message, StringComparison.Ordinal);
        Assert.Single(destination.Requests);
        await first.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancelled);
        await Eventually.TrueAsync(() => gateway.InFlight.Snapshot().Count == 0, () => "the place was not given back");
        using ClientWebSocket again = await ConnectAsync(gateway, false);
    }

    [Theory]
    [InlineData("Streams:MaxPerSession", HttpStatusCode.TooManyRequests)]
    [InlineData("Streams:MaxPerNode", HttpStatusCode.ServiceUnavailable)]
    public async Task Limit_OfEventStreams_IsHeldAtTheResponseHeaders(string setting, HttpStatusCode expected)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.Begin("text/event-stream"));
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway { Settings = { [setting] = "1" } });
        using HttpResponseMessage first = await GetAsync(gateway.Port, HttpVersion.Version11);

        using HttpResponseMessage second = await GetAsync(gateway.Port, HttpVersion.Version11);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(expected, second.StatusCode);
        Assert.Equal("application/json", second.Content.Headers.ContentType?.MediaType);
        await _stream.GoneAsync();
        Assert.Single(gateway.InFlight.Snapshot());
    }
}
