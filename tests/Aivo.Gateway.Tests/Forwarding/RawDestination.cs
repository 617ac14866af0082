using System.Net;
using System.Net.Sockets;
using System.Text;
using Aivo.Gateway.Tests.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>A service that misbehaves: reads the head of each request, writes the given bytes and closes.</summary>
internal sealed class RawDestination : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    public RawDestination(string answer)
    {
        _listener.Start();
        _serving = ServeAsync(answer);
    }

    public string Address => $"http://{_listener.LocalEndpoint}/";

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync(string answer)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                NetworkStream stream = client.GetStream();
                await RawHttp.ReadUntilAsync(stream, "\r\n\r\n", _stopping.Token);
                await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
