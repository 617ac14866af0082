using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// What the sample destination answers: an echo of the request as JSON; on a path that ends in <c>/sse</c> a few server-sent events, and
/// on a WebSocket every message back.
/// </summary>
internal static class SampleAnswers
{
    /// <summary>Bytes of a body that are echoed; the rest is read and dropped.</summary>
    private const int BodyLimit = 64 * 1024;

    public static Task AnswerAsync(HttpContext context) =>
        context.WebSockets.IsWebSocketRequest ? EchoMessagesAsync(context)
        : context.Request.Path.Value!.EndsWith("/sse", StringComparison.Ordinal) ? SendEventsAsync(context)
        : EchoRequestAsync(context);

    private static async Task EchoRequestAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string body = await ReadBodyAsync(request.Body, context.RequestAborted);
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("method", request.Method);
        json.WriteString("path", request.Path.ToUriComponent());
        json.WriteString("query", request.QueryString.Value);
        json.WriteStartObject("headers");
        foreach ((string name, StringValues value) in request.Headers)
        {
            json.WriteString(name, value.ToString());
        }

        json.WriteEndObject();
        json.WriteString("body", body);
        json.WriteEndObject();
    }

    private static async Task<string> ReadBodyAsync(Stream body, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            kept.Write(buffer, 0, (int)Math.Min(read, BodyLimit - kept.Length));
        }

        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }

    private static async Task SendEventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        for (int number = 1; number <= 5; number++)
        {
            await context.Response.WriteAsync($"id: {number}\ndata: event {number}\n\n", context.RequestAborted);
            await Task.Delay(TimeSpan.FromMilliseconds(200), context.RequestAborted);
        }
    }

    private static async Task EchoMessagesAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault());
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
        }
    }
}
