using System.Net;
using System.Net.WebSockets;
using System.Text;
using Aivo.Gateway.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>What lasts or is large passes through as it comes: WebSockets, server-sent events, big bodies.</summary>
public sealed class StreamTests
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WebSocket_PassesThrough_AuthenticatedByItsHandshake(bool http2)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(EchoMessagesAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer good");
        socket.Options.SetRequestHeader("X-User-Id", "forged");
        socket.Options.AddSubProtocol("chat");

        await ConnectAsync(socket, gateway, "/closed/ws", http2);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Cancelled);
        byte[] buffer = new byte[100];
        ValueWebSocketReceiveResult message = await socket.ReceiveAsync(buffer.AsMemory(), Cancelled);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Cancelled);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, message.Count));
        Assert.Equal("chat", socket.SubProtocol);
        Received received = destination.Take()!;
        Assert.Equal("user-1", received.Header("X-User-Id"));
        Assert.Null(received.Header("Authorization"));
    }

    [Fact]
    public async Task WebSocketWithoutToken_IsRefusedBeforeAnyTunnel()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(EchoMessagesAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination);

        RawAnswer answer = await HandshakeAsync(gateway, "/closed/ws", "chat");

        Assert.Equal(401, answer.Status);
        Assert.Null(destination.Take());
    }

    [Theory]
    [InlineData("/ws-token", "chat, aivo.bearer.good", 101, "chat")]
    [InlineData("/ws-token", "aivo.bearer.good, chat, other", 101, "chat, other")]
    [InlineData("/ws-token", "aivo.bearer.good\r\nSec-WebSocket-Protocol: chat", 101, "chat")]
    [InlineData("/ws-token", "aivo.bearer.good", 401, null)]
    [InlineData("/ws-token", "chat, aivo.bearer.", 401, null)]
    [InlineData("/ws-token", "chat, aivo.bearer.bad", 401, null)]
    [InlineData("/ws-token", "chat, AIVO.BEARER.good", 401, null)]
    [InlineData("/ws-token", "chat, aivo.bearer.good, aivo.bearer.good", 401, null)]
    [InlineData("/closed/ws", "chat, aivo.bearer.good", 401, null)]
    [InlineData("/open/ws", "chat, aivo.bearer.good", 101, "chat")]
    [InlineData("/open/ws", "aivo.bearer.good", 101, null)]
    [InlineData("/open/ws", "chat, AIVO.bearer.good", 101, "chat")]
    public async Task TokenAsSubprotocol_CountsWhereTheRouteSaysSo_AndReachesNobody(string path, string offers, int status, string? arrived)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(EchoMessagesAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway
        {
            Settings =
            {
                ["ReverseProxy:Routes:ws:ClusterId"] = "up",
                ["ReverseProxy:Routes:ws:Match:Path"] = "/ws-token",
                ["ReverseProxy:Routes:ws:AuthorizationPolicy"] = "default",
                ["ReverseProxy:Routes:ws:Metadata:WebSocketToken"] = "Subprotocol",
            },
        });

        RawAnswer answer = await HandshakeAsync(gateway, path, offers);

        Assert.Equal(status, answer.Status);
        Assert.Equal(arrived, destination.Take()?.Header("Sec-WebSocket-Protocol"));
        Assert.Equal(arrived?.Split(',')[0], answer.Header("Sec-WebSocket-Protocol"));
    }

    [Fact]
    public async Task TokenAsSubprotocol_IsNoneWithoutWebSocket()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(
            destination, new TestGateway { Settings = { ["ReverseProxy:Routes:closed:Metadata:WebSocketToken"] = "Subprotocol" } });

        RawAnswer answer = await RawHttp.GetAsync(gateway.Port, "/closed/a", "Sec-WebSocket-Protocol: chat, aivo.bearer.good");

        Assert.Equal(401, answer.Status);
    }

    [Fact]
    public async Task ServerSentEvent_ArrivesBeforeTheStreamEnds()
    {
        var received = new TaskCompletionSource();
        await using RecordingDestination destination = await RecordingDestination.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: first\n\n");
            await context.Response.Body.FlushAsync();
            await received.Task.WaitAsync(TimeSpan.FromSeconds(20));
            await context.Response.WriteAsync("data: last\n\n");
        });
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using var client = new HttpClient();

        using HttpResponseMessage answer = await client.GetAsync(
            new Uri($"http://localhost:{gateway.Port}/open/sse"), HttpCompletionOption.ResponseHeadersRead, Cancelled);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        string? first = await events.ReadLineAsync(Cancelled);
        received.SetResult();
        string rest = await events.ReadToEndAsync(Cancelled);

        Assert.Equal("data: first", first);
        Assert.Contains("data: last", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LargeBody_PassesBothWays()
    {
        const long Size = 64 * 1024 * 1024;
        var arrived = new CountedStream(0);
        await using RecordingDestination destination = await RecordingDestination.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(arrived);
            await new CountedStream(Size).CopyToAsync(context.Response.Body);
        });
        await using TestGateway gateway = await TestGateway.StartAsync(
            destination, new TestGateway { Settings = { ["ReverseProxy:Routes:open:MaxRequestBodySize"] = "-1" } });
        using var client = new HttpClient();
        using var content = new StreamContent(new CountedStream(Size));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost:{gateway.Port}/open/a") { Content = content };

        using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        var returned = new CountedStream(0);
        await answer.Content.CopyToAsync(returned, Cancelled);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Size, arrived.Written);
        Assert.Equal(Size, returned.Written);
    }

    private static Task<RawAnswer> HandshakeAsync(TestGateway gateway, string path, string offers) => RawHttp.GetAsync(gateway.Port, path,
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", $"Sec-WebSocket-Protocol: {offers}");

    private static async Task ConnectAsync(ClientWebSocket socket, TestGateway gateway, string path, bool http2)
    {
        if (!http2)
        {
            await socket.ConnectAsync(new Uri($"ws://localhost:{gateway.Port}{path}"), Cancelled);
            return;
        }

        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        await socket.ConnectAsync(new Uri($"ws://localhost:{gateway.Http2Port}{path}"), invoker, Cancelled);
    }

    private static async Task EchoMessagesAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault());
        byte[] buffer = new byte[1024];
        ValueWebSocketReceiveResult part;
        while ((part = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted)).MessageType != WebSocketMessageType.Close)
        {
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }
}
