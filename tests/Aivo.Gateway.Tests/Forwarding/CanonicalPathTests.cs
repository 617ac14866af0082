using Aivo.Gateway.Tests.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>Routes with <c>Paths: Canonical</c>: the path that is matched and authorised is the path that is forwarded, byte for byte.</summary>
public sealed class CanonicalPathTests : IAsyncLifetime
{
    private RecordingDestination _destination = null!;
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync();
        var gateway = new TestGateway();
        foreach ((string route, string path, string policy) in new[]
        {
            ("any", "/{**rest}", "anonymous"), ("own", "/own/{**rest}", "default"), ("moved", "/moved/{first}/{**rest}", "anonymous"),
        })
        {
            gateway.Settings[$"ReverseProxy:Routes:{route}:ClusterId"] = "up";
            gateway.Settings[$"ReverseProxy:Routes:{route}:Match:Path"] = path;
            gateway.Settings[$"ReverseProxy:Routes:{route}:AuthorizationPolicy"] = policy;
            gateway.Settings[$"ReverseProxy:Routes:{route}:Metadata:Paths"] = "Canonical";
        }

        gateway.Settings["ReverseProxy:Routes:moved:Transforms:0:PathPattern"] = "/new/{**rest}";
        _gateway = await TestGateway.StartAsync(_destination, gateway);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    [Theory]
    [InlineData("/a%2fb", "/a/b")]
    [InlineData("/a\\..\\b", "/b")]
    [InlineData("/a%5c%2E%2e%5cb", "/b")]
    [InlineData("//a//b//", "/a/b/")]
    [InlineData("/x/../a/./b", "/a/b")]
    [InlineData("/a/..;/b;c=1", "/b")]
    [InlineData("/a%2ehtml?q=%2e%2e//;", "/a.html?q=%2e%2e//;")]
    [InlineData("/caf%c3%a9//%20", "/caf%C3%A9/%20")]
    [InlineData("/a//100%25", "/a/100%25")]
    [InlineData("//a%3fb?c", "/a%3Fb?c")]
    [InlineData("/plain/path", "/plain/path")]
    [InlineData("http://localhost//a/../b", "/b")]
    [InlineData("/moved/x//y%2fz", "/new/y/z")]
    [InlineData("//moved/x/./y", "/new/y")]
    public async Task OddPath_IsForwardedInItsCanonicalForm(string target, string arrived)
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, target);

        Assert.Equal(200, answer.Status);
        Assert.Equal(arrived, _destination.Take()!.Target);
    }

    /// <summary>Each reads as /closed/a or /open/a to somebody; those routes take no odd path, and the wider one must not take it for them.</summary>
    [Theory]
    [InlineData("//closed/a")]
    [InlineData("/closed//a")]
    [InlineData("/\\closed/a")]
    [InlineData("/./closed/a")]
    [InlineData("/%2e/closed/a")]
    [InlineData("/x/../closed/a")]
    [InlineData("/x/%2e%2e/closed/a")]
    [InlineData("/x/..%2fclosed/a")]
    [InlineData("/x%2f..%2fclosed%2fa")]
    [InlineData("/x/..%5cclosed/a")]
    [InlineData("/x/..;/closed/a")]
    [InlineData("/closed;x/a")]
    [InlineData("/closed%3bx/a")]
    [InlineData("/closed%2fa")]
    [InlineData("/clos%65d%5ca")]
    [InlineData("/x/..;a/%63losed;b/a")]
    [InlineData("//open/a")]
    [InlineData("/open/../open/a")]
    [InlineData("http://localhost//closed/a")]
    public async Task OddPath_ReachesNoRouteThatIsStrict(string target)
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, target, "Authorization: Bearer good");

        Assert.Equal(400, answer.Status);
        Assert.Null(_destination.Take());
    }

    [Theory]
    [InlineData("//own/a")]
    [InlineData("/x/%2e%2e/own/a")]
    [InlineData("/own;x/a")]
    [InlineData("/x/..%5cown/a")]
    [InlineData("/%6fwn//a")]
    public async Task OddPath_FallsUnderThePolicyOfItsCanonicalForm(string target)
    {
        RawAnswer refused = await RawHttp.GetAsync(_gateway.Port, target);
        Assert.Equal(401, refused.Status);
        Assert.Null(_destination.Take());

        await RawHttp.GetAsync(_gateway.Port, target, "Authorization: Bearer good");
        Received received = _destination.Take()!;
        Assert.Equal(("/own/a", "user-1"), (received.Target, received.Header("X-User-Id")));
    }

    [Theory]
    [InlineData("/..")]
    [InlineData("/%2e%2e/a")]
    [InlineData("/a/../../b")]
    [InlineData("/a%252fb")]
    [InlineData("/%2563losed/a")]
    [InlineData("//%2563losed/a")]
    [InlineData("/%25%36%33losed/a")]
    [InlineData("/a%25%32%66b")]
    [InlineData("/a%00b")]
    [InlineData("/a%0d%0ab")]
    [InlineData("/a%ff")]
    [InlineData("/a%zz")]
    [InlineData("/a#b")]
    public async Task PathWithoutACanonicalForm_IsRefusedOnEveryRoute(string target)
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, target);

        Assert.Equal(400, answer.Status);
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task ReloadedMetadata_TurnsItOnAndOff()
    {
        await _gateway.ReloadAsync(("ReverseProxy:Routes:open:Metadata:Paths", "Canonical"));
        RawAnswer taken = await RawHttp.GetAsync(_gateway.Port, "/open//a");
        Assert.Equal("/open/a", _destination.Take()!.Target);
        await _gateway.ReloadAsync(("ReverseProxy:Routes:open:Metadata:Paths", "Strict"));
        RawAnswer refused = await RawHttp.GetAsync(_gateway.Port, "/open//a");

        Assert.Equal([200, 400], [taken.Status, refused.Status]);
        Assert.Null(_destination.Take());
    }
}
