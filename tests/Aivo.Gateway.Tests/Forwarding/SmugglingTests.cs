using System.Net.Sockets;
using System.Text;
using Aivo.Gateway.Tests.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>
/// Requests that two programs could read as different numbers of requests (RFC 9112, sections 6 and 11.2). In the rest of each stands a
/// request to <c>/closed/smuggled</c>: whatever the answer is, none but what the gateway itself has read may reach a destination.
/// </summary>
public sealed class SmugglingTests : IAsyncLifetime
{
    private const string Smuggled = "GET /closed/smuggled HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nX-User-Id: admin\r\n\r\n";
    private const string Head = "POST /open/a HTTP/1.1\r\nHost: localhost\r\n";
    private const string Chunked = Head + "Transfer-Encoding: chunked\r\n\r\n";

    private RecordingDestination _destination = null!;
    private TestGateway _gateway = null!;

    /// <summary>A message whose framing does not hold: refused, the connection closed, and nothing behind it read.</summary>
    public static TheoryData<string> Broken =>
    [
        $"{Head}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        $"{Head}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        $"{Head}Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        $"{Head}Content-Length: 0, 5\r\n\r\n",
        $"{Head}Content-Length: 0x5\r\n\r\n",
        $"{Head}Content-Length: 5 5\r\n\r\n",
        $"{Head}Content-Length: 5a\r\n\r\n",
        $"{Head}Content-Length:\r\n\r\n",
        $"{Head}Content-Length: 99999999999999999999\r\n\r\n",
        $"{Head}Content-Length : 0\r\n\r\n",
        $"{Head}Content_Length: 0\r\nContent-Length: -1\r\n\r\n",
        $"{Head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        $"{Head}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        $"{Head}Transfer-Encoding: chunke\r\n\r\n0\r\n\r\n",
        $"{Head}Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        $"{Head}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        $"{Head} Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        $"{Head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        $"{Head}X: a\rTransfer-Encoding: chunked\r\n\r\n",
        $"{Head}X: a\0b\r\n\r\n",
        $"{Chunked}0x0\r\n\r\n",
        $"{Chunked}-1\r\n\r\n",
        $"{Chunked}+0\r\n\r\n",
        $"{Chunked} 0\r\n\r\n",
        $"{Chunked}g\r\n\r\n",
        $"{Chunked}\r\n0\r\n\r\n",
        $"{Chunked}fffffffffffffffff\r\n\r\n",
        $"{Chunked}1\r\nab\r\n0\r\n\r\n",
        $"{Chunked}1\r\na\n0\r\n\r\n",
        $"{Chunked}0\n\n",
        $"{Chunked}0;a\n\r\n\r\n",
        $"{Chunked}0;\n",
        "POST  /open/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /open/a\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /open/a HTTP/1.1 x\r\nHost: localhost\r\n\r\n",
        "POST /open/a HTTP/1.2\r\nHost: localhost\r\n\r\n",
        "POST /open/a HTTP/0.9\r\nHost: localhost\r\n\r\n",
        "POST /open/a\r\n",
    ];

    /// <summary>A message whose framing is odd and clear: one request arrives, and the next is read where it begins.</summary>
    public static TheoryData<string> Clear =>
    [
        $"{Head}Content-Length: {Smuggled.Length}\r\n\r\n{Smuggled}",
        $"{Head}Content-Length: 000000000{Smuggled.Length}\r\n\r\n{Smuggled}",
        $"{Head}content-length: {Smuggled.Length}\r\n\r\n{Smuggled}",
        $"{Chunked}{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\n\r\n",
        $"{Chunked}{Smuggled.Length:X}\r\n{Smuggled}\r\n0\r\n\r\n",
        $"{Chunked}0000{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\n\r\n",
        $"{Chunked}{Smuggled.Length:x};a=b;c=\"d\"\r\n{Smuggled}\r\n0;last\r\n\r\n",
        $"{Chunked}{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\nX-Trailer: GET /closed/smuggled HTTP/1.1\r\n\r\n",
        $"{Chunked}{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\nX-User-Id: admin\r\nAuthorization: Bearer good\r\n\r\n",
        $"{Head}Transfer-Encoding: Chunked\r\n\r\n{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\n\r\n",
    ];

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync();
        _gateway = await TestGateway.StartAsync(_destination);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task BrokenFraming_EndsTheConnection_AndNothingBehindItIsRead(string request)
    {
        IReadOnlyList<int> statuses = await StatusesAsync(request + Smuggled);

        Assert.True(statuses is [400 or 505], string.Join(", ", statuses));
        Assert.DoesNotContain(_destination.Requests, received => received.Target == "/closed/smuggled");
    }

    [Theory]
    [MemberData(nameof(Clear))]
    public async Task ClearFraming_IsOneRequest_AndItsBodyIsABody(string request)
    {
        IReadOnlyList<int> statuses = await StatusesAsync(request + "GET /open/next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Equal([200, 200], statuses);
        Assert.Equal(["/open/a", "/open/next"], _destination.Requests.Select(received => received.Target));
        Assert.All(_destination.Requests, received => Assert.Null(received.Header("X-User-Id") ?? received.Header("Authorization")));
    }

    /// <summary>What the gateway refuses before it has read the body must not make the body a request.</summary>
    [Theory]
    [InlineData("POST /closed/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: {0}\r\n\r\n{1}", 401)]
    [InlineData("POST /open//a HTTP/1.1\r\nHost: localhost\r\nContent-Length: {0}\r\n\r\n{1}", 400)]
    [InlineData("POST /unknown HTTP/1.1\r\nHost: localhost\r\nContent-Length: {0}\r\n\r\n{1}", 404)]
    [InlineData("PURGE /open/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: {0}\r\n\r\n{1}", 405)]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: evil.test\r\nContent-Length: {0}\r\n\r\n{1}", 400)]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nConnection: Host\r\nContent-Length: {0}\r\n\r\n{1}", 400)]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: {0}\r\n\r\n{1}", 400)]
    [InlineData("GET /closed/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: {0}\r\n\r\n{1}", 401)]
    public async Task BodyOfARefusedRequest_IsNoRequest(string request, int status)
    {
        IReadOnlyList<int> statuses = await StatusesAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, request, Smuggled.Length, Smuggled)
            + "GET /open/next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Equal(status, statuses[0]);
        Assert.True(statuses.Count == 1 || statuses is [_, 200], string.Join(", ", statuses));
        Assert.DoesNotContain(_destination.Requests, received => received.Target != "/open/next");
    }

    /// <summary>Sends it all at once and reads answers until the gateway closes.</summary>
    private async Task<IReadOnlyList<int>> StatusesAsync(string requests)
    {
        using var deadline = new CancellationTokenSource(StreamUnderTest.Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _gateway.Port, deadline.Token);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(requests), deadline.Token);
        List<int> statuses = [];
        try
        {
            while (await RawHttp.ReadAsync(stream, deadline.Token) is { Status: > 0 } answer)
            {
                statuses.Add(answer.Status);
            }
        }
        catch (IOException)
        {
            // Closed with bytes of ours unread: a reset.
        }

        return statuses;
    }
}
