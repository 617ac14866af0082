using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>A destination that holds every request until it goes away, and says when each came and went.</summary>
internal sealed class StreamUnderTest
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<WebSocketCloseStatus?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TimeSpan Patience => TimeSpan.FromSeconds(20);

    /// <summary>Lets a held request end with an answer.</summary>
    public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Bytes of request bodies and messages that came in.</summary>
    public int Received { get; private set; }

    public Task ArrivedAsync() => _arrived.Task.WaitAsync(Patience);

    public Task GoneAsync() => _gone.Task.WaitAsync(Patience);

    public Task<WebSocketCloseStatus?> ClosedAsync() => _closed.Task.WaitAsync(Patience);

    /// <summary>No response headers until released.</summary>
    public async Task HoldAsync(HttpContext context)
    {
        _arrived.TrySetResult();
        await using CancellationTokenRegistration gone = context.RequestAborted.Register(() => _gone.TrySetResult());
        await Task.WhenAny(Release.Task, _gone.Task).WaitAsync(Patience);
        if (Release.Task.IsCompleted)
        {
            await context.Response.WriteAsync("finished");
        }
    }

    /// <summary>Takes a body that does not end.</summary>
    public async Task UploadAsync(HttpContext context)
    {
        _arrived.TrySetResult();
        try
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            _gone.TrySetResult();
        }
    }

    /// <summary>Response headers and a first piece, and then nothing until it goes away.</summary>
    public RequestDelegate Begin(string contentType) => async context =>
    {
        await using CancellationTokenRegistration gone = context.RequestAborted.Register(() => _gone.TrySetResult());
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync("data: first\n\n");
        await context.Response.Body.FlushAsync();
        _arrived.TrySetResult();
        await _gone.Task.WaitAsync(Patience);
    };

    /// <summary>Sends messages back; says how the conversation ended.</summary>
    public async Task EchoAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        _arrived.TrySetResult();
        byte[] buffer = new byte[64 * 1024];
        try
        {
            ValueWebSocketReceiveResult part;
            while ((part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
                Received += part.Count;
                await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, CancellationToken.None);
            }

            _closed.TrySetResult(socket.CloseStatus);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            _closed.TrySetResult(null);
        }
        finally
        {
            _gone.TrySetResult();
        }
    }
}
