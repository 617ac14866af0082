namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>SR-79: what HTTP/2 allows to write and HTTP/1 would not.</summary>
public sealed class Http2Tests : IAsyncLifetime
{
    private RecordingDestination _destination = null!;
    private TestGateway _gateway = null!;

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
    [InlineData("x-kept", "1")]
    [InlineData("te", "trailers")]
    [InlineData("cookie", "a=b")]
    public async Task OrdinaryField_Passes(string name, string value)
    {
        int status = await SendAsync("GET", "/open/a", (name, value));

        Assert.Equal(200, status);
        Assert.NotNull(_destination.Take());
    }

    [Theory]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "x-user-id")]
    [InlineData("connection", "close")]
    [InlineData("keep-alive", "1")]
    [InlineData("proxy-connection", "close")]
    [InlineData("upgrade", "websocket")]
    [InlineData("upgrade", "h2c")]
    [InlineData("http2-settings", "AAMAAABk")]
    [InlineData("x-content-length", "5")]
    [InlineData("te", "gzip")]
    [InlineData("x-a\r\nx-user-id", "evil")]
    [InlineData("x-a\nb", "1")]
    [InlineData("x-a: b", "1")]
    [InlineData("x a", "1")]
    [InlineData("x-a\0", "1")]
    [InlineData("X-Upper", "1")]
    [InlineData("", "1")]
    [InlineData("x-a", "b\r\nX-User-Id: evil")]
    [InlineData("x-a", "b\nc")]
    [InlineData("x-a", "b\0c")]
    [InlineData(":path", "/closed/a")]
    [InlineData(":method", "TRACE")]
    [InlineData(":unknown", "1")]
    public async Task FieldThatHttp2Forbids_ReachesNoDestination(string name, string value)
    {
        int status = await SendAsync("GET", "/open/a", (name, value));

        Assert.True(status is 0 or 400, $"answered {status}");
        Assert.Null(_destination.Take());
    }

    [Theory]
    [InlineData("/open/../closed/a")]
    [InlineData("/open/a%2fb")]
    [InlineData("/open/a b")]
    [InlineData("/open/a?x y")]
    [InlineData("/open/a?x HTTP/1.1\r\nX-User-Id: evil\r\n")]
    [InlineData("/open/a?x\ny")]
    [InlineData("/open/a\\b")]
    [InlineData("*")]
    [InlineData("open/a")]
    [InlineData("http://localhost/open/a")]
    [InlineData("")]
    public async Task PathWithTwoReadings_IsRefused(string path)
    {
        int status = await SendAsync("GET", path);

        Assert.True(status is 0 or 400, $"answered {status}");
        Assert.Null(_destination.Take());
    }

    [Theory]
    [InlineData("TRACE", 405)]
    [InlineData("get", 405)]
    [InlineData("GET X", 0)]
    public async Task MethodNobodyKnows_IsRefused(string method, int expected)
    {
        int status = await SendAsync(method, "/open/a");

        Assert.Equal(expected, status);
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task ConnectWithoutProtocol_IsRefused()
    {
        int status = await RawHttp2.SendAsync(_gateway.Http2Port, (":method", "CONNECT"), (":authority", "localhost:80"));

        Assert.Equal(405, status);
        Assert.Null(_destination.Take());
    }

    [Theory]
    [InlineData("connect-udp")]
    [InlineData("webtransport")]
    public async Task ConnectForAnotherProtocol_IsRefused(string protocol)
    {
        int status = await SendAsync("CONNECT", "/open/a", (":protocol", protocol));

        Assert.True(status is 0 or 405, $"answered {status}");
        Assert.Null(_destination.Take());
    }

    [Theory]
    [InlineData("evil.test", 400)]
    [InlineData("localhost:99", 200)]
    public async Task Authority_IsCheckedLikeHost(string authority, int expected)
    {
        int status = await RawHttp2.SendAsync(_gateway.Http2Port, (":method", "GET"), (":scheme", "http"), (":authority", authority), (":path", "/open/a"));

        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task HostBesideAuthority_CountsForNothing()
    {
        int status = await SendAsync("GET", "/open/a", ("host", "evil.test"));

        Assert.Equal(200, status);
        Assert.DoesNotContain(_destination.Take()!.Headers.Values, value => value.Contains("evil.test", StringComparison.Ordinal));
    }

    private Task<int> SendAsync(string method, string path, params (string Name, string Value)[] more)
    {
        (string, string)[] pseudo = [(":method", method), (":scheme", "http"), (":authority", "localhost"), (":path", path)];
        return RawHttp2.SendAsync(_gateway.Http2Port, [.. pseudo, .. more]);
    }
}
