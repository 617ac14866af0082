using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>What came through a WebSocket. Times are of the machine's monotonic clock, which all processes share.</summary>
/// <param name="SentAt">When the client sent it, by its own word.</param>
internal readonly record struct StreamedMessage(string Session, int Node, long SentAt);

/// <summary>The other end of the streams: it writes down every message that it gets, and sends events for as long as it is let.</summary>
internal sealed class StreamDestination : IAsyncDisposable
{
    /// <summary>How often either side says something.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<StreamedMessage> _received;
    private readonly Destination _server;

    private StreamDestination(ConcurrentQueue<StreamedMessage> received, Destination server) => (_received, _server) = (received, server);

    public IReadOnlyCollection<StreamedMessage> Received => _received;

    /// <summary>The settings by which a gateway leads <c>/stream/{node}</c> here.</summary>
    public (string Key, string Value)[] Route =>
    [
        ("ReverseProxy:Routes:stream:ClusterId", "streams"),
        ("ReverseProxy:Routes:stream:Match:Path", "/stream/{node}"),
        ("ReverseProxy:Routes:stream:AuthorizationPolicy", "default"),
        ("ReverseProxy:Clusters:streams:Destinations:one:Address", _server.Address.ToString()),
    ];

    public static async Task<StreamDestination> StartAsync()
    {
        var received = new ConcurrentQueue<StreamedMessage>();
        return new StreamDestination(received, await Destination.StartAsync(context => context.WebSockets.IsWebSocketRequest
            ? ListenAsync(context, received)
            : TellAsync(context)));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task ListenAsync(HttpContext context, ConcurrentQueue<StreamedMessage> received)
    {
        string session = context.Request.Headers["X-Session-Id"].ToString();
        int node = int.Parse(context.Request.Path.Value!.Split('/')[^1], CultureInfo.InvariantCulture);
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[100];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } message)
            {
                received.Enqueue(new StreamedMessage(session, node, long.Parse(Encoding.ASCII.GetString(buffer, 0, message.Count), CultureInfo.InvariantCulture)));
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            // The gateway broke it off.
        }
    }

    private static async Task TellAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        while (!context.RequestAborted.IsCancellationRequested)
        {
            try
            {
                await context.Response.WriteAsync("data: more\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Pace, context.RequestAborted);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                return;
            }
        }
    }
}
