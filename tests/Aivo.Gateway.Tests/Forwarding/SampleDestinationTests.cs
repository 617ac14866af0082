using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Aivo.Gateway.Tests.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>The destination that Development brings along, reached through the gateway by its placeholder address.</summary>
public sealed class SampleDestinationTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = new TestGateway { Sample = true };
        await _gateway.StartAsync("http://sample.invalid/");
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Echo_ShowsTheRequestAsItArrived()
    {
        RawAnswer answer = await RawHttp.SendAsync(_gateway.Port,
            "POST /closed/a%20b?c=%2e HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nX-User-Id: forged\r\nX-Twice: 1\r\nX-Twice: 2\r\nContent-Length: 5\r\n\r\nhello");

        Assert.Equal(200, answer.Status);
        using JsonDocument echo = JsonDocument.Parse(answer.Body);
        JsonElement root = echo.RootElement;
        Assert.Equal(["method", "path", "query", "headers", "body"], root.EnumerateObject().Select(member => member.Name));
        Assert.Equal("POST", root.GetProperty("method").GetString());
        Assert.Equal("/closed/a%20b", root.GetProperty("path").GetString());
        Assert.Equal("?c=%2e", root.GetProperty("query").GetString());
        Assert.Equal("hello", root.GetProperty("body").GetString());
        Assert.Equal("user-1", root.GetProperty("headers").GetProperty("X-User-Id").GetString());
        Assert.Equal("1, 2", root.GetProperty("headers").GetProperty("X-Twice").GetString());
        Assert.False(root.GetProperty("headers").TryGetProperty("Authorization", out _));
    }

    [Fact]
    public async Task Events_AreFive()
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, "/open/sse");

        Assert.Equal("text/event-stream", answer.Header("Content-Type"));
        Assert.Equal(5, answer.Body.Split("data: ").Length - 1);
    }

    [Fact]
    public async Task Message_ComesBack()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://localhost:{_gateway.Port}/open/ws"), cancellationToken);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, cancellationToken);
        byte[] buffer = new byte[100];
        ValueWebSocketReceiveResult message = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, message.Count));
    }
}
