using System.Net.WebSockets;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using static Aivo.Gateway.Tests.Forwarding.StreamClients;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>Streams end with their session, with their token and with the node's knowledge, and not before.</summary>
public sealed class StreamCutTests
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;
    private readonly StreamUnderTest _stream = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WebSocket_EndsWithItsSession_ByACloseFrame(bool http2)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.EchoAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using ClientWebSocket socket = await ConnectAsync(gateway, http2);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Cancelled);
        await socket.ReceiveAsync(new byte[100].AsMemory(), Cancelled);

        gateway.InFlight.Revoke(gateway.EndOfSession);

        await AssertClosedAsync(socket, WebSocketCloseStatus.PolicyViolation, "session ended");
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await _stream.ClosedAsync());
        await Eventually.TrueAsync(() => gateway.InFlight.Snapshot().Count == 0, () => "the stream did not end");
    }

    [Fact]
    public async Task WebSocket_EndsWithItsToken_AndWithTheKey()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.EchoAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using ClientWebSocket first = await ConnectAsync(gateway, false);
        gateway.InFlight.Revoke(RevocationEntry.ForToken(gateway.Token.Id, DateTimeOffset.MaxValue));
        await AssertClosedAsync(first, WebSocketCloseStatus.PolicyViolation, "token revoked");

        using ClientWebSocket second = await ConnectAsync(gateway, false);
        gateway.InFlight.Revoke(RevocationReplica.ForKey(gateway.Token.KeyId, DateTimeOffset.MaxValue));
        await AssertClosedAsync(second, WebSocketCloseStatus.PolicyViolation, "token revoked");
    }

    [Fact]
    public async Task ClientThatDoesNotRead_IsCutAllTheSame()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.EchoAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using ClientWebSocket socket = await ConnectAsync(gateway, false);
        // What comes back fills every buffer on the way, in the middle of a frame.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task flood = FloodAsync(socket, stop.Token);
        await Eventually.TrueAsync(() => _stream.Received > 1024 * 1024, () => "nothing came through");

        gateway.InFlight.Revoke(gateway.EndOfSession);

        await _stream.GoneAsync();
        await Eventually.TrueAsync(() => gateway.InFlight.Snapshot().Count == 0, () => "the stream did not end");
        await stop.CancelAsync();
        await flood;
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/event-stream; charset=utf-8")]
    public async Task EventStream_EndsWithItsSession(string contentType)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.Begin(contentType));
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using HttpResponseMessage answer = await GetAsync(gateway.Port, HttpVersion.Version11);
        Task<string> rest = answer.Content.ReadAsStringAsync(Cancelled);

        gateway.InFlight.Revoke(gateway.EndOfSession);

        await Assert.ThrowsAnyAsync<Exception>(() => rest);
        await _stream.GoneAsync();
    }

    [Fact]
    public async Task GrpcCall_EndsWithItsSession()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.Begin("application/grpc"), HttpProtocols.Http2);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway
        {
            Settings =
            {
                ["ReverseProxy:Clusters:up:HttpRequest:Version"] = "2",
                ["ReverseProxy:Clusters:up:HttpRequest:VersionPolicy"] = "RequestVersionExact",
            },
        });
        using HttpResponseMessage answer = await GetAsync(gateway.Http2Port, HttpVersion.Version20);
        Task<string> rest = answer.Content.ReadAsStringAsync(Cancelled);

        gateway.InFlight.Revoke(gateway.EndOfSession);

        await Assert.ThrowsAnyAsync<Exception>(() => rest);
        await _stream.GoneAsync();
    }

    [Fact]
    public async Task OrdinaryAnswer_IsCutOnceItHasBeenOpenForFiveLeases()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.Begin("application/octet-stream"));
        await using TestGateway gateway = await TestGateway.StartAsync(destination, Short());
        using HttpResponseMessage answer = await GetAsync(gateway.Port, HttpVersion.Version11);
        Task<string> rest = answer.Content.ReadAsStringAsync(Cancelled);

        gateway.InFlight.Revoke(gateway.EndOfSession);

        await Assert.ThrowsAnyAsync<Exception>(() => rest);
        await _stream.GoneAsync();
    }

    [Fact]
    public async Task ExpiredToken_ClosesItsStream()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.EchoAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, Short());
        gateway.Token = TestGateway.TokenUntil(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(1));
        gateway.RefreshedUntil = () => gateway.Token.ExpiresAt;
        using ClientWebSocket socket = await ConnectAsync(gateway, false);

        await AssertClosedAsync(socket, WebSocketCloseStatus.PolicyViolation, "token expired");
    }

    [Fact]
    public async Task RefreshOfItsSession_ExtendsAStream_AndAStoreThatIsAwayDecidesNothing()
    {
        int asked = 0;
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.EchoAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, Short());
        gateway.Token = TestGateway.TokenUntil(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(1));
        gateway.RefreshedUntil = () => Interlocked.Increment(ref asked) == 1
            ? throw new StoreUnavailableException("sessions", null)
            : DateTimeOffset.MaxValue;
        using ClientWebSocket socket = await ConnectAsync(gateway, false);
        await Eventually.TrueAsync(() => Volatile.Read(ref asked) == 2, () => "the session was not read again");

        await socket.SendAsync("still here"u8.ToArray(), WebSocketMessageType.Text, true, Cancelled);
        ValueWebSocketReceiveResult echo = await socket.ReceiveAsync(new byte[100].AsMemory(), Cancelled);

        Assert.Equal(WebSocketMessageType.Text, echo.MessageType);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task LostLease_ClosesStreams()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(_stream.EchoAsync);
        TestGateway never = Short(new RevocationState(TimeProvider.System, 1));
        await using TestGateway gateway = await TestGateway.StartAsync(destination, never);
        using ClientWebSocket socket = await ConnectAsync(gateway, false);

        await AssertClosedAsync(socket, (WebSocketCloseStatus)1013, "temporarily unavailable");
    }

    /// <summary>With a lease so short that five of them pass within a test.</summary>
    private static TestGateway Short(RevocationState? state = null) => new()
    {
        State = state ?? new RevocationState(TimeProvider.System, 0),
        Settings = { ["Revocation:Lease"] = "00:00:00.200", ["Revocation:SyncInterval"] = "00:00:00.050" },
    };

    private static async Task FloodAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        byte[] message = new byte[256 * 1024];
        try
        {
            while (true)
            {
                await socket.SendAsync(message, WebSocketMessageType.Binary, true, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            // It was cut, as it should.
        }
    }
}
