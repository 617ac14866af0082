using Aivo.Gateway.Tests.Http;
using IPNetwork = System.Net.IPNetwork;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>SR-69, SR-70, SR-73, SR-82: what a destination is told, and by whom.</summary>
public sealed class HeaderTests : IAsyncLifetime
{
    private RecordingDestination _destination = null!;
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync();
        var gateway = new TestGateway
        {
            Settings =
            {
                ["Headers:Claims:X-Learner-Id"] = "learner_uid",
                ["Headers:Claims:X-Absent"] = "no_such_claim",
                ["ReverseProxy:Routes:forward:ClusterId"] = "up",
                ["ReverseProxy:Routes:forward:Match:Path"] = "/forward",
                ["ReverseProxy:Routes:forward:AuthorizationPolicy"] = "default",
                ["ReverseProxy:Routes:forward:Metadata:Authorization"] = "Forward",
            },
            Claims = { ["learner_uid"] = "a\r\nX-Evil: 1\0%é €" },
        };
        _gateway = await TestGateway.StartAsync(_destination, gateway);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    /// <summary>Names under which a program may find what only the gateway may say.</summary>
    public static TheoryData<string> ForgedNames =>
    [
        "X-User-Id", "x-user-id", "X-USER-ID", "X_User_Id", "X-User_Id", "x_user_id", "X.User.Id", "X-User.Id", "X_User.Id", "X~User~Id",
        "X!User-Id", "X-User-ID", "X-User-Role", "X_USER_ROLE", "X-Tenant-Id", "X.Tenant_Id", "X-Session-Id", "x.session.id", "X-Learner-Id",
        "X_Learner-Id", "X-Absent", "X-User-Email", "X-User-Roles", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Uri", "X-Forwarded-Port",
        "X-Forwarded-Prefix", "X-Forwarded-Server", "X_Forwarded_Host", "X.Forwarded.Port", "Forwarded", "FORWARDED", "X-Real-IP", "X_Real_IP", "X-Original-URL",
        "X-Original-Host", "X-Original-For", "X-Rewrite-URL", "X_Rewrite_URL",
    ];

    [Theory]
    [MemberData(nameof(ForgedNames))]
    public async Task ForgedHeader_ReachesNoDestination(string name)
    {
        foreach (string path in new[] { "/open/a", "/closed/a", "/forward" })
        {
            await RawHttp.GetAsync(_gateway.Port, path, "Authorization: Bearer good", $"{name}: forged", "X-Kept: 1");

            Received received = _destination.Take()!;
            Assert.DoesNotContain(received.Headers, header => header.Value.Contains("forged", StringComparison.Ordinal));
            Assert.Equal("1", received.Header("X-Kept"));
        }
    }

    [Theory]
    [InlineData("X-Custom")]
    [InlineData("X-User-Agent")]
    [InlineData("X-Use")]
    [InlineData("Cookie")]
    [InlineData("X.Dotted")]
    [InlineData("Accept-Language")]
    [InlineData("X-Requested-With")]
    [InlineData("Fob")]
    [InlineData("baggage")]
    public async Task OrdinaryHeader_IsForwarded(string name)
    {
        await RawHttp.GetAsync(_gateway.Port, "/closed/a", "Authorization: Bearer good", $"{name}: value");

        Assert.Equal("value", _destination.Take()!.Header(name));
    }

    [Fact]
    public async Task IdentityOfTheToken_IsSet_WithEveryOddByteEncoded()
    {
        await RawHttp.GetAsync(_gateway.Port, "/closed/a", "Authorization: Bearer good");

        Received received = _destination.Take()!;
        Assert.Equal("user-1", received.Header("X-User-Id"));
        Assert.Equal("tenant-1", received.Header("X-Tenant-Id"));
        Assert.Equal("learner", received.Header("X-User-Role"));
        Assert.Equal("session-1", received.Header("X-Session-Id"));
        Assert.Equal("a%0D%0AX-Evil:%201%00%25%C3%A9%20%E2%82%AC", received.Header("X-Learner-Id"));
        Assert.Null(received.Header("X-Absent"));
        Assert.Null(received.Header("X-Evil"));
    }

    [Fact]
    public async Task AnonymousRequest_CarriesNoIdentity()
    {
        await RawHttp.GetAsync(_gateway.Port, "/open/a");

        Assert.DoesNotContain(_destination.Take()!.Headers, header => header.Key.StartsWith("X-User-", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/open/a", "Bearer good", null)]
    [InlineData("/open/a", "Basic abc", null)]
    [InlineData("/closed/a", "Bearer good", null)]
    [InlineData("/forward", "Bearer good", "Bearer good")]
    public async Task Authorization_IsForwardedOnlyWhereTheRouteSaysSo(string path, string sent, string? arrived)
    {
        await RawHttp.GetAsync(_gateway.Port, path, $"Authorization: {sent}");

        Assert.Equal(arrived, _destination.Take()!.Header("Authorization"));
    }

    [Theory]
    [InlineData("Drop", "X_Custom", 200, false)]
    [InlineData("Allow", "X_Custom", 200, true)]
    [InlineData("Reject", "X_Custom", 400, false)]
    [InlineData("Allow", "X_User_Id", 200, false)]
    [InlineData("Allow", "X_Forwarded_For", 200, false)]
    [InlineData("Reject", "X-Custom", 200, true)]
    public async Task Underscore_IsTreatedAsConfigured(string handling, string name, int status, bool arrives)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(_destination, new TestGateway { Settings = { ["Headers:Underscore"] = handling } });

        RawAnswer answer = await RawHttp.GetAsync(gateway.Port, "/open/a", $"{name}: value");

        Assert.Equal(status, answer.Status);
        Assert.Equal(arrives, _destination.Take()?.Header(name) == "value");
    }

    [Fact]
    public async Task UntrustedPeer_CannotSayWhoTheClientIs()
    {
        await RawHttp.GetAsync(_gateway.Port, "/open/a", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.test", "Forwarded: for=203.0.113.9");

        Received received = _destination.Take()!;
        Assert.Equal("127.0.0.1", received.Header("X-Forwarded-For"));
        Assert.Equal("http", received.Header("X-Forwarded-Proto"));
        Assert.Equal("localhost", received.Header("X-Forwarded-Host"));
        Assert.Null(received.Header("Forwarded"));
    }

    [Theory]
    [InlineData("203.0.113.9", "a.example.com", "203.0.113.9", "a.example.com")]
    [InlineData("198.51.100.1, 203.0.113.9", "a.example.com", "203.0.113.9", "a.example.com")]
    [InlineData("203.0.113.9, 127.0.0.2", "a.example.com", "203.0.113.9", "a.example.com")]
    [InlineData("[2001:db8::1]:4711", "a.example.com", "2001:db8::1", "a.example.com")]
    [InlineData("not-an-address", "a.example.com", "127.0.0.1", "localhost")]
    [InlineData("203.0.113.9", "evil.test", "203.0.113.9", "localhost")]
    public async Task TrustedPeer_SaysWhoTheClientIs(string forwardedFor, string forwardedHost, string client, string host)
    {
        var trusting = new TestGateway { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")], Hosts = "localhost;a.example.com" };
        await using TestGateway gateway = await TestGateway.StartAsync(_destination, trusting);

        await RawHttp.GetAsync(gateway.Port, "/open/a", $"X-Forwarded-For: {forwardedFor}", "X-Forwarded-Proto: https", $"X-Forwarded-Host: {forwardedHost}", "X-Forwarded-Port: 1", "X-Real-IP: 192.0.2.1");

        Received received = _destination.Take()!;
        Assert.Equal(client, received.Header("X-Forwarded-For"));
        Assert.Equal(host, received.Header("X-Forwarded-Host"));
        Assert.DoesNotContain(received.Headers.Keys, name => name is "X-Forwarded-Port" or "X-Real-IP" || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task ValueOutsideAscii_ArrivesAsItWasSent()
    {
        // UTF-8 bytes of é, written one by one.
        await RawHttp.GetAsync(_gateway.Port, "/open/a", "X-Name: caf\u00c3\u00a9");

        Assert.Equal("café", _destination.Take()!.Header("X-Name"));
    }
}
