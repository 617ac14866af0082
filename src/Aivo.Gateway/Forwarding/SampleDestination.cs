using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// In Development, a service behind the gateway to try it with: a server of its own on a free loopback port, that answers with the
/// request as it arrived. The port is bound when the object is made, since the proxy reads its address before any server starts.
/// </summary>
internal sealed class SampleDestination : IHostedService, IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly WebApplication _server;

    public SampleDestination()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var endpoint = (IPEndPoint)_socket.LocalEndPoint!;
        Address = new Uri($"http://{endpoint}/");

        // An empty builder: the gateway's own environment variables and settings are not the sample's.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<KestrelServerOptions>(options => options.Listen(endpoint));
        builder.Services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = _ => _socket);
        _server = builder.Build();
        _server.UseWebSockets();
        _server.Run(SampleAnswers.AnswerAsync);
    }

    /// <summary>Where it listens, with a slash at the end.</summary>
    public Uri Address { get; }

    public Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        // The server closes it only where it was started.
        _socket.Dispose();
    }
}
