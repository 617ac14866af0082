using Aivo.Gateway.Tests.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>SR-69, SR-70: forged identity by the value, the number and the place of a header, on an open and on a protected route.</summary>
public sealed class HeaderValueTests : IAsyncLifetime
{
    private static readonly string[] Identity = ["X-User-Id", "X-Tenant-Id", "X-User-Role", "X-Session-Id"];

    private RecordingDestination _destination = null!;
    private TestGateway _gateway = null!;

    /// <summary>Header lines that try to be identity; the destination answers for none of them.</summary>
    public static TheoryData<string> Forgeries =>
    [
        "X-User-Id: admin\r\nX-User-Id: root",
        "X-User-Id: admin\r\nx-user-id: root\r\nX_User_Id: root",
        "X-User-Id: admin, root",
        "X-User-Id:",
        "X-User-Id: \t",
        "X-User-Id:admin",
        "X-User-Id: admin;q=1",
        "X-User-Id: %61dmin",
        "X-User-Id: \xe9\xe8",
        "X-User-Id: \"admin\"",
        "X-User-Id: admin\r\nX-User-Role: super_admin\r\nX-Tenant-Id: other\r\nX-Session-Id: s",
        "X-User-Role: super_admin\r\nConnection: X-User-Role",
        "Connection: X-User-Id, X-Tenant-Id\r\nX-User-Id: admin",
        "Keep-Alive: X-User-Id\r\nX-User-Id: admin",
        "TE: trailers\r\nTrailer: X-User-Id\r\nX-User-Id: admin",
        "Proxy-Connection: X-User-Id\r\nX-User-Id: admin",
        "X-Forwarded-User: admin\r\nX-Forwarded-Groups: admin\r\nX-Forwarded-Preferred-Username: admin",
        "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=127.0.0.1;by=x",
        "X-Forwarded-Host: internal\r\nX-Original-URL: /closed/admin\r\nX-Rewrite-URL: /closed/admin",
        "X-Real-IP: 127.0.0.1\r\nX-Forwarded-Method: DELETE\r\nX-HTTP-Method-Override: DELETE\r\nX-User-Id: admin",
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
    [MemberData(nameof(Forgeries))]
    public async Task ForgedIdentity_IsNothingOnAnOpenRoute_AndTheTokensOnAProtectedOne(string forged)
    {
        RawAnswer open = await RawHttp.GetAsync(_gateway.Port, "/open/a", forged);
        Received? received = _destination.Take();
        Assert.True(open.Status is 200 or 400, $"{open.Status}");
        Assert.Equal(open.Status == 200, received is not null);
        Assert.All(Identity, name => Assert.Null(received?.Header(name)));

        RawAnswer closed = await RawHttp.GetAsync(_gateway.Port, "/closed/a", forged, "Authorization: Bearer good");
        received = _destination.Take();
        Assert.Equal(open.Status, closed.Status);
        if (received is not null)
        {
            Assert.Equal(["user-1", "tenant-1", "learner", "session-1"], Identity.Select(received.Header));
            Assert.DoesNotContain(received.Headers, header => header.Value.Contains("admin", StringComparison.Ordinal) || header.Value.Contains("10.0.0.1", StringComparison.Ordinal)
                || header.Value.Contains("internal", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("X-User-Id", 9_000)]
    [InlineData("X-Other", 40_000)]
    public async Task OversizedHeader_ReachesNoDestinationAsItIs(string name, int length)
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, "/open/a", $"{name}: {new string('a', length)}");

        Assert.Equal(length < 32_768 ? 200 : 431, answer.Status);
        Assert.Null(_destination.Take()?.Header(name));
    }

    [Fact]
    public async Task MoreHeadersThanTheServerTakes_Are431_AndReachNobody()
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, "/open/a", [.. Enumerable.Range(0, 101).Select(number => $"X-A{number}: b")]);

        Assert.Equal(431, answer.Status);
        Assert.Null(_destination.Take());
    }
}
