using System.Globalization;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>How a stream ended for its client.</summary>
/// <param name="Status">Of the close frame; null where there was none, as for events.</param>
internal sealed record StreamOutcome(long At, int? Status, string? Reason);

/// <summary>One open WebSocket, which sends the time again and again, or one stream of events, through one node.</summary>
internal sealed class StreamClient : IDisposable
{
    private readonly IDisposable[] _owned;
    private readonly CancellationTokenSource _over = new();
    private long _heardAt;

    private StreamClient(FleetNode node, bool isSocket, params IDisposable[] owned) => (Node, IsSocket, _owned) = (node.Number, isSocket, owned);

    public int Node { get; }

    public bool IsSocket { get; }

    /// <summary>Completes when the stream is over, and never fails.</summary>
    public Task<StreamOutcome> Ended { get; private set; } = Task.FromResult(new StreamOutcome(0, null, null));

    /// <summary>When the last event came; for a WebSocket the destination knows when the last message was sent.</summary>
    public long HeardAt => Volatile.Read(ref _heardAt);

    public static async Task<StreamClient> OpenSocketAsync(FleetNode node, string accessToken)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {accessToken}");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{node.Process.Port}/stream/{node.Number}"), TestContext.Current.CancellationToken);
        var stream = new StreamClient(node, true, socket);
        stream.Ended = Task.Run(() => stream.ListenAsync(socket));
        _ = Task.Run(() => stream.SayAsync(socket));
        return stream;
    }

    public static async Task<StreamClient> OpenEventsAsync(FleetNode node, string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Process.Address, $"/stream/{node.Number}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stream = new StreamClient(node, false, answer, http);
        stream.Ended = Task.Run(() => stream.ReadAsync(answer));
        return stream;
    }

    public void Dispose()
    {
        _over.Cancel();
        foreach (IDisposable owned in _owned)
        {
            owned.Dispose();
        }
    }

    private async Task<StreamOutcome> ListenAsync(ClientWebSocket socket)
    {
        byte[] buffer = new byte[100];
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
                // The destination says nothing; whatever comes is no end.
            }

            var outcome = new StreamOutcome(TimeProvider.System.GetTimestamp(), (int?)socket.CloseStatus, socket.CloseStatusDescription);
            await _over.CancelAsync();
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            return outcome;
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            return new StreamOutcome(TimeProvider.System.GetTimestamp(), (int?)socket.CloseStatus, socket.CloseStatusDescription);
        }
    }

    private async Task SayAsync(ClientWebSocket socket)
    {
        try
        {
            while (true)
            {
                // The token ends the pause alone: a send that is cancelled would break the connection off.
                await socket.SendAsync(
                    Encoding.ASCII.GetBytes(TimeProvider.System.GetTimestamp().ToString(CultureInfo.InvariantCulture)), WebSocketMessageType.Text, true, CancellationToken.None);
                await Task.Delay(StreamDestination.Pace, _over.Token);
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // The listener says how.
        }
    }

    private async Task<StreamOutcome> ReadAsync(HttpResponseMessage answer)
    {
        byte[] buffer = new byte[1000];
        try
        {
            await using Stream body = await answer.Content.ReadAsStreamAsync();
            while (await body.ReadAsync(buffer) > 0)
            {
                Volatile.Write(ref _heardAt, TimeProvider.System.GetTimestamp());
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // Broken off, as everything is that knows no close frame.
        }

        return new StreamOutcome(TimeProvider.System.GetTimestamp(), null, null);
    }

    private static bool IsEnd(Exception exception) => exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or HttpRequestException;
}
