using System.Net.Sockets;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// What lies between one gateway and Redis: it passes bytes on, and on demand cuts, falls silent with its connections open, or brings
/// the answers late.
/// </summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private volatile int _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Socket> _open = [];
    private Task _accepting = Task.CompletedTask;
    private Socket? _listener;
    private TaskCompletionSource _passes = Completed();
    private long _replyDelay;

    private TcpRelay(int target) => _target = target;

    public int Port { get; } = FreePort.Next();

    /// <summary>host:port.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    /// <param name="target">The port on loopback that the bytes go to. Nothing need listen there yet.</param>
    public static TcpRelay Start(int target)
    {
        var relay = new TcpRelay(target);
        relay.Mend();
        return relay;
    }

    /// <summary>Closes every connection and refuses new ones.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
            foreach (Socket socket in _open)
            {
                socket.Dispose();
            }

            _open.Clear();
        }
    }

    /// <summary>Closes every connection; those that come from now on lead to another server.</summary>
    public void LeadTo(int target)
    {
        Cut();
        _target = target;
        Mend();
    }

    /// <summary>From now on no byte passes, in either direction, and nothing says so: half-open, as behind a firewall that forgot.</summary>
    public void Silence()
    {
        lock (_lock)
        {
            if (_passes.Task.IsCompleted)
            {
                _passes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>What Redis says from now on arrives so much later; what the gateway says arrives at once.</summary>
    public void DelayReplies(TimeSpan delay) => Volatile.Write(ref _replyDelay, delay.Ticks);

    /// <summary>Ends whatever fault there is. Bytes that were held back by a silence arrive now.</summary>
    public void Mend()
    {
        Volatile.Write(ref _replyDelay, 0);
        lock (_lock)
        {
            _passes.TrySetResult();
            if (_listener is null)
            {
                _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
                _listener.Listen();
                _accepting = AcceptAsync(_listener);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket near;
            try
            {
                near = await listener.AcceptAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = ServeAsync(near);
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using Socket client = near;
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.NoDelay = server.NoDelay = true;
        lock (_lock)
        {
            _open.Add(client);
            _open.Add(server);
        }

        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            await Task.WhenAny(CopyAsync(client, server, delayed: false), CopyAsync(server, client, delayed: true));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Redis is not there, or the relay was cut: the gateway sees its connection end.
        }

        lock (_lock)
        {
            _open.Remove(client);
            _open.Remove(server);
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool delayed)
    {
        byte[] buffer = new byte[65_536];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is var count and > 0)
            {
                if (delayed && Volatile.Read(ref _replyDelay) is var delay and > 0)
                {
                    await Task.Delay(TimeSpan.FromTicks(delay), _stop.Token);
                }

                Task passes;
                lock (_lock)
                {
                    passes = _passes.Task;
                }

                await passes.WaitAsync(_stop.Token);
                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // As above.
        }
    }
}
