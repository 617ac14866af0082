using Aivo.Gateway.Tests.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>SR-71, SR-72, SR-75, SR-76, SR-78: methods, hosts, framing, upgrades and what Connection may nominate.</summary>
public sealed class MethodAndConnectionTests : IAsyncLifetime
{
    private const string Key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    private RecordingDestination _destination = null!;
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync();
        _gateway = await TestGateway.StartAsync(_destination, new TestGateway { Hosts = "localhost;*.example.com;[::1]" });
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("TRACK")]
    [InlineData("DEBUG")]
    [InlineData("PROPFIND")]
    [InlineData("get")]
    [InlineData("Get")]
    [InlineData("GETX")]
    [InlineData("PURGE")]
    [InlineData("CONNECT")]
    public async Task MethodNobodyKnows_IsRefused(string method)
    {
        string target = method == "CONNECT" ? "localhost:80" : "/open/a";
        RawAnswer answer = await RawHttp.SendAsync(_gateway.Port, $"{method} {target} HTTP/1.1\r\nHost: {(method == "CONNECT" ? target : "localhost")}\r\n\r\n");

        Assert.Equal(405, answer.Status);
        Assert.Contains("\"method_not_allowed\"", answer.Body, StringComparison.Ordinal);
        Assert.Equal("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", answer.Header("Allow"));
        Assert.Null(_destination.Take());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task KnownMethod_IsForwarded(string method)
    {
        RawAnswer answer = await RawHttp.SendAsync(_gateway.Port, $"{method} /open/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal(method, _destination.Take()!.Method);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST", 200)]
    [InlineData("localhost:1234", 200)]
    [InlineData("[::1]", 200)]
    [InlineData("[::1]:8080", 200)]
    [InlineData("a.example.com", 200)]
    [InlineData("a.b.Example.com:443", 200)]
    [InlineData("example.com", 400)]
    [InlineData("aexample.com", 400)]
    [InlineData("a.example.com.evil.test", 400)]
    [InlineData("evil.test", 400)]
    [InlineData("localhost.evil.test", 400)]
    [InlineData("localhost.", 400)]
    [InlineData("[::2]", 400)]
    [InlineData("127.0.0.1", 400)]
    [InlineData("", 400)]
    [InlineData("evil.test:localhost", 400)]
    [InlineData("localhost@evil.test", 400)]
    [InlineData("localhost, evil.test", 400)]
    public async Task HostNotOnTheList_IsRefused(string host, int status)
    {
        RawAnswer answer = await RawHttp.SendAsync(_gateway.Port, $"GET /open/a HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200, _destination.Take() is not null);
    }

    [Theory]
    [InlineData("GET /open/a HTTP/1.1\r\n\r\n")]
    [InlineData("GET /open/a HTTP/1.0\r\n\r\n")]
    [InlineData("GET /open/a HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /open/a HTTP/1.1\r\nHost: localhost\r\nX-Content-Length: 5\r\n\r\n")]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc")]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: -3\r\n\r\nabc")]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /open/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("GET /open/a HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n folded: c\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /open/a HTTP/1.1\r\nHost: localhost\r\nX(A): b\r\n\r\n")]
    public async Task AmbiguousRequest_IsRefused(string request)
    {
        RawAnswer answer = await RawHttp.SendAsync(_gateway.Port, request);

        Assert.Equal(400, answer.Status);
        Assert.Null(_destination.Take());
    }

    /// <summary>Kestrel reads a signed length; what matters is that no two programs read it differently.</summary>
    [Fact]
    public async Task SignedContentLength_ArrivesAsPlainNumber()
    {
        await RawHttp.SendAsync(_gateway.Port, "POST /open/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: +3\r\n\r\nabc");

        Assert.Equal("3", _destination.Take()!.Header("Content-Length"));
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("content-length")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Host")]
    [InlineData("Authorization")]
    [InlineData("X-A, Host")]
    [InlineData("X-A ,\tcontent-LENGTH")]
    [InlineData("X-Forwarded-For")]
    [InlineData("Forwarded")]
    public async Task ConnectionThatNominatesFramingOrCredentials_IsRefused(string names)
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, "/open/a", $"Connection: {names}");

        Assert.Equal(400, answer.Status);
        Assert.Contains("\"bad_request\"", answer.Body, StringComparison.Ordinal);
        Assert.Null(_destination.Take());
    }

    [Theory]
    [InlineData("Connection: X-Secret")]
    [InlineData("Connection: X-Other, X-Secret")]
    [InlineData("Connection: X-Other\r\nConnection: x-secret")]
    public async Task NominatedHeader_IsNotForwarded(string connection)
    {
        await RawHttp.GetAsync(_gateway.Port, "/open/a", connection, "X-Secret: 1", "X-Kept: 2");

        Received received = _destination.Take()!;
        Assert.Null(received.Header("X-Secret"));
        Assert.Equal("2", received.Header("X-Kept"));
        Assert.Null(received.Header("Connection"));
    }

    [Theory]
    [InlineData("X-User-Id")]
    [InlineData("X-User-Id, X-Tenant-Id, X-User-Role, X-Session-Id")]
    [InlineData("close, X-User-Id")]
    [InlineData("keep-alive, X-User-Id")]
    public async Task ConnectionHeader_CannotRemoveIdentity(string names)
    {
        await RawHttp.GetAsync(_gateway.Port, "/closed/a", $"Connection: {names}", "Authorization: Bearer good");

        Assert.Equal("user-1", _destination.Take()!.Header("X-User-Id"));
    }

    [Theory]
    [InlineData("GET", "Upgrade: h2c", "Connection: Upgrade", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")]
    [InlineData("GET", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "X-A: b")]
    [InlineData("GET", "Upgrade: h2c", "X-A: b", "X-B: c")]
    [InlineData("GET", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "X-A: b", "X-B: c")]
    [InlineData("GET", "Upgrade: SPDY/3.1", "Connection: Upgrade", "X-B: c")]
    [InlineData("GET", "Upgrade: websocket, h2c", "Connection: Upgrade", Key)]
    [InlineData("POST", "Upgrade: websocket", "Connection: Upgrade", Key)]
    [InlineData("GET", "Upgrade: websocket", "Connection: Upgrade", "X-B: no key")]
    [InlineData("GET", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dG9vIHNob3J0")]
    public async Task UpgradeThatIsNoWebSocket_IsRefused(string method, string first, string second, string third)
    {
        RawAnswer answer = await RawHttp.SendAsync(_gateway.Port, $"{method} /open/a HTTP/1.1\r\nHost: localhost\r\n{first}\r\n{second}\r\n{third}\r\n\r\n");

        Assert.Equal(400, answer.Status);
        Assert.Contains("\"bad_request\"", answer.Body, StringComparison.Ordinal);
        Assert.Null(_destination.Take());
    }
}
