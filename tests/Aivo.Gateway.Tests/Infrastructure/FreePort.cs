using System.Net;
using System.Net.Sockets;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// Loopback ports below the range from which the system takes ports for outgoing connections, each handed out once per test run, so
/// that two servers of one run never ask for the same.
/// </summary>
internal static class FreePort
{
    private static int _last = 18_000 + (Environment.ProcessId % 40 * 300);

    public static int Next()
    {
        while (true)
        {
            int port = Interlocked.Increment(ref _last);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Another program has it: the next one.
            }
        }
    }
}
