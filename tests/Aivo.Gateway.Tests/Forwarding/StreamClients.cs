using System.Net.WebSockets;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>Clients of streams through a <see cref="TestGateway"/>.</summary>
internal static class StreamClients
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ClientWebSocket> ConnectAsync(TestGateway gateway, bool http2)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer good");
        if (!http2)
        {
            await socket.ConnectAsync(new Uri($"ws://localhost:{gateway.Port}/closed/ws"), Cancellation);
            return socket;
        }

        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(new Uri($"ws://localhost:{gateway.Http2Port}/closed/ws"), new HttpMessageInvoker(new SocketsHttpHandler()), Cancellation);
        return socket;
    }

    public static async Task AssertClosedAsync(ClientWebSocket socket, WebSocketCloseStatus status, string reason)
    {
        ValueWebSocketReceiveResult end = await socket.ReceiveAsync(new byte[100].AsMemory(), Cancellation).AsTask().WaitAsync(StreamUnderTest.Patience, Cancellation);
        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        Assert.Equal((status, reason), (socket.CloseStatus, socket.CloseStatusDescription));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
    }

    public static async Task<HttpResponseMessage> GetAsync(int port, Version version)
    {
        var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://localhost:{port}/closed/a") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Authorization = new("Bearer", "good");
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }
}
