using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>One request that a gateway let pass. Times are of the machine's monotonic clock, which all processes share.</summary>
/// <param name="ReceivedAt">When its head was here, by the kernel.</param>
/// <param name="CheckedAt">When the gateway began its last check of it.</param>
internal readonly record struct Forward(string Session, int Node, long ReceivedAt, long CheckedAt);

/// <summary>
/// The destination: it writes down what it receives and when. A thread for each connection and the kernel's time instead of a server,
/// since the time must be that of the arrival and not that of a busy machine getting round to it.
/// </summary>
internal sealed class ForwardRecorder : IDisposable
{
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray();

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<TimedSocket> _accepted = [];

    private ForwardRecorder()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        TimedSocket.Enable(_listener);
        _listener.Listen(512);
        new Thread(Accept) { IsBackground = true, Name = nameof(ForwardRecorder) }.Start();
    }

    public int Port { get; } = FreePort.Next();

    public string Address => $"http://127.0.0.1:{Port}/";

    public ConcurrentQueue<Forward> Received { get; } = new();

    public static ForwardRecorder Start() => new();

    public void Dispose()
    {
        _listener.Dispose();
        foreach (TimedSocket socket in _accepted)
        {
            socket.Dispose();
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket socket = _listener.Accept();
                socket.NoDelay = true;
                var timed = new TimedSocket(socket);
                _accepted.Add(timed);
                new Thread(() => Serve(timed)) { IsBackground = true }.Start();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(TimedSocket socket)
    {
        byte[] buffer = GC.AllocateArray<byte>(16_384, pinned: true);
        int filled = 0;
        try
        {
            while (socket.Receive(buffer, filled, out long receivedAt) is var count and > 0)
            {
                filled += count;
                while (buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) is var end and >= 0)
                {
                    Note(Encoding.ASCII.GetString(buffer, 0, end), receivedAt);
                    filled -= end + 4;
                    Buffer.BlockCopy(buffer, end + 4, buffer, 0, filled);
                    socket.Send(Answer);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The gateway was killed, or the test is over.
        }
    }

    /// <summary>The path of a request ends in the number of the node that it was sent to.</summary>
    private void Note(string head, long receivedAt)
    {
        string[] lines = head.Split("\r\n");
        string target = lines[0].Split(' ')[1];
        if (Header(lines, "X-Session-Id") is { } session && Header(lines, Alterations.CheckedAtHeader) is { } checkedAt)
        {
            // Anything else is from nobody's gateway here: another program on this machine that tries ports.
            int node = int.Parse(target[(target.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture);
            Received.Enqueue(new Forward(session, node, receivedAt, long.Parse(checkedAt, CultureInfo.InvariantCulture)));
        }
    }

    private static string? Header(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
