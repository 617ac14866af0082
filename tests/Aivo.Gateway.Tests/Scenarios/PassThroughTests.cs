using System.Net.WebSockets;
using System.Text;
using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>WebSockets, server-sent events and large uploads through the running program, with tokens that it issued.</summary>
public sealed class PassThroughTests : IAsyncLifetime
{
    private const long UploadSize = 64 * 1024 * 1024;

    private readonly TaskCompletionSource _firstEventRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _uploadBegun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RecordingDestination _destination = null!;
    private GatewayProcess _gateway = null!;
    private HttpClient _http = null!;
    private string _token = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync(context =>
            context.WebSockets.IsWebSocketRequest ? EchoOneMessageAsync(context)
            : context.Request.Path == "/events" ? SendEventsAsync(context)
            : CountAsync(context));
        _gateway = await GatewayProcess.StartAsync(
            ("ReverseProxy:Routes:events:ClusterId", "own"),
            ("ReverseProxy:Routes:events:Match:Path", "/events"),
            ("ReverseProxy:Routes:events:AuthorizationPolicy", "default"),
            ("ReverseProxy:Routes:upload:ClusterId", "own"),
            ("ReverseProxy:Routes:upload:Match:Path", "/upload"),
            ("ReverseProxy:Routes:upload:AuthorizationPolicy", "default"),
            ("ReverseProxy:Routes:socket:ClusterId", "own"),
            ("ReverseProxy:Routes:socket:Match:Path", "/socket"),
            ("ReverseProxy:Routes:socket:AuthorizationPolicy", "default"),
            ("ReverseProxy:Routes:socket:Metadata:WebSocketToken", "Subprotocol"),
            ("ReverseProxy:Clusters:own:Destinations:one:Address", _destination.Address));
        _http = new HttpClient { BaseAddress = _gateway.Address };
        _token = (await new ContractClient(_http).LoginAsync(DemoGateway.Learner, DemoGateway.Password)).AccessToken;
        _http.DefaultRequestHeaders.Authorization = new("Bearer", _token);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    [Fact]
    public async Task WebSocketOfTheDemoRoute_OpensWithTheHeader_AndNotWithoutAToken()
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {_token}");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_gateway.Port}/demo/ws"), Cancellation);
        Assert.Equal("hello", await AskAsync(socket, "hello"));

        RawAnswer refused = await RawHttp.GetAsync(_gateway.Port, "/demo/ws",
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
        Assert.Equal(401, refused.Status);
        Assert.Contains("\"error\":\"unauthenticated\"", refused.Body, StringComparison.Ordinal);
        Assert.Null(refused.Header("Upgrade"));
    }

    [Fact]
    public async Task WebSocketToken_OpensTheRouteThatAllowsIt_AndIsSeenByNobody()
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        socket.Options.AddSubProtocol($"aivo.bearer.{_token}");
        socket.Options.CollectHttpResponseDetails = true;
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_gateway.Port}/socket"), Cancellation);
        Assert.Equal("chat", socket.SubProtocol);
        Assert.DoesNotContain(socket.HttpResponseHeaders!, header => header.Value.Any(value => value.Contains("aivo.bearer", StringComparison.Ordinal)));
        Assert.Equal("hello", await AskAsync(socket, "hello"));

        Received arrived = _destination.Take()!;
        Assert.Equal("chat", arrived.Header("Sec-WebSocket-Protocol"));
        Assert.DoesNotContain(arrived.Headers, header => header.Value.Contains(_token, StringComparison.Ordinal));
        Assert.NotNull(arrived.Header("X-User-Id"));

        using var elsewhere = new ClientWebSocket();
        elsewhere.Options.AddSubProtocol("chat");
        elsewhere.Options.AddSubProtocol($"aivo.bearer.{_token}");
        elsewhere.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => elsewhere.ConnectAsync(new Uri($"ws://127.0.0.1:{_gateway.Port}/demo/ws"), Cancellation));
        Assert.Equal(HttpStatusCode.Unauthorized, elsewhere.HttpStatusCode);
    }

    [Fact]
    public async Task FirstEvent_ArrivesBeforeTheStreamEnds()
    {
        using HttpResponseMessage answer = await _http.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal("data: first", await events.ReadLineAsync(Cancellation));
        _firstEventRead.SetResult();
        Assert.Contains("data: last", await events.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LargeUpload_ArrivesWhole_AndIsNotKeptUntilItsEnd()
    {
        using var content = new PausedUpload(UploadSize, _uploadBegun.Task);
        using HttpResponseMessage answer = await _http.PostAsync("/upload", content, Cancellation);
        Assert.Equal($"{UploadSize}", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task<string> AskAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Cancellation);
        byte[] buffer = new byte[100];
        ValueWebSocketReceiveResult message = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
        return Encoding.UTF8.GetString(buffer, 0, message.Count);
    }

    private static async Task EchoOneMessageAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols[0]);
        byte[] buffer = new byte[100];
        ValueWebSocketReceiveResult message = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
        await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, true, context.RequestAborted);
        await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    private async Task SendEventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("data: first\n\n");
        await context.Response.Body.FlushAsync();
        await _firstEventRead.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await context.Response.WriteAsync("data: last\n\n");
    }

    private async Task CountAsync(HttpContext context)
    {
        byte[] buffer = new byte[64 * 1024];
        long total = 0;
        for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0; total += read)
        {
            _uploadBegun.TrySetResult();
        }

        await context.Response.WriteAsync($"{total}");
    }

    /// <summary>Sends a little, waits until that has arrived, and only then sends the rest.</summary>
    private sealed class PausedUpload(long size, Task arrived) : HttpContent
    {
        private const int First = 64 * 1024;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[First]);
            await stream.FlushAsync();
            await arrived.WaitAsync(TimeSpan.FromSeconds(20));
            await new CountedStream(size - First).CopyToAsync(stream);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return true;
        }
    }
}
