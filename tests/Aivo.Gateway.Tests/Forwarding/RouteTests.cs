using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Http;
using Aivo.Gateway.Tests.Http;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>SR-68: a route that does not say who may use it is refused, at start, by the offline check and at a reload.</summary>
public sealed class RouteTests
{
    /// <summary>A setting of the route <c>r</c>, its value, where the error points and a part of what it says.</summary>
    public static TheoryData<string, string?, string, string> BadRoutes => new()
    {
        { "AuthorizationPolicy", null, "AuthorizationPolicy", "nobody has said" },
        { "AuthorizationPolicy", "", "AuthorizationPolicy", "nobody has said" },
        { "AuthorizationPolicy", "staff", "AuthorizationPolicy", "not a policy that exists" },
        { "Metadata:RateLimits", "slow", "Metadata:RateLimits", "is not a rate limit that exists" },
        { "Metadata:Authorisation", "Strip", "Metadata:Authorisation", "Authorization, Claims" },
        { "Metadata:Authorization", "Keep", "Metadata:Authorization", "Internal, Forward, Strip" },
        { "Metadata:Authorization", "1", "Metadata:Authorization", "Internal, Forward, Strip" },
        { "Transforms:0:RequestHeader", "authorization", "Transforms", "Authorization: Strip" },
        { "Metadata:Authorization:0", "Strip", "Metadata:Authorization", "not a text" },
        { "Metadata:WebSocketToken", "true", "Metadata:WebSocketToken", "Subprotocol" },
        { "Metadata:WebSocketToken:Kind", "Subprotocol", "Metadata:WebSocketToken", "not a text" },
        { "Match:Path", "/auth/v1/login", "Match:Path", "/auth/v1" },
        { "Match:Path", "/AUTH/V1/{**rest}", "Match:Path", "/auth/v1" },
        { "Match:Path", "auth/v1", "Match:Path", "/auth/v1" },
        { "Order", "-1", "Order", "before the gateway's own" },
        { "ClusterId", "nowhere", "ClusterId", "which has: up" },
        { "ClusterId", null, "ClusterId", "is not set" },
        { "Transforms:0:RequestHeader", "X-User-Id", "Transforms", "only the gateway may set" },
        { "Transforms:0:RequestHeader", "x_user_role", "Transforms", "only the gateway may set" },
        { "Transforms:0:RequestHeaderRouteValue", "X-Tenant-Id", "Transforms", "only the gateway may set" },
        { "Transforms:0:ClientCert", "X-Session-Id", "Transforms", "only the gateway may set" },
        { "Transforms:0:NoSuchTransform", "x", "", "NoSuchTransform" },
        { "Match:Path", "/a/{", "", "refused by the proxy" },
        { "Match:Methods:0", "", "Match:Methods:0", "not a method" },
        { "Match:Methods:0", "PURGE", "", "refused by the proxy" },
        { "CorsPolicy", "nobody", "CorsPolicy", "does not exist" },
        { "Match:Path", "/.well-known/jwks.json", "Match:Path", "jwks.json" },
        { "Match:Path", null, "Match", "neither Path nor Hosts" },
    };

    [Theory]
    [MemberData(nameof(BadRoutes))]
    public async Task BadRoute_IsRefused_OfflineAndAtStart(string setting, string? value, string key, string part)
    {
        Dictionary<string, string?> settings = Valid();
        settings[$"ReverseProxy:Routes:r:{setting}"] = value;
        if (setting == "Order")
        {
            settings["ReverseProxy:Routes:r:Match:Path"] = "/{**everything}";
        }

        if (setting.StartsWith("Transforms:0:Request", StringComparison.Ordinal))
        {
            settings["ReverseProxy:Routes:r:Transforms:0:Set"] = "1";
        }

        SettingError error = Assert.Single(Check(settings));
        Assert.Equal(string.Join(':', "ReverseProxy:Routes:r", key).TrimEnd(':'), error.Key);
        Assert.Contains(part, error.ToString(), StringComparison.Ordinal);

        await using var gateway = new TestGateway();
        foreach ((string name, string? each) in settings)
        {
            gateway.Settings[name] = each;
        }

        Exception thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => gateway.StartAsync("http://127.0.0.1:1/"));
        Assert.Single(ForwardingSetup.RefusedRoutes(thrown));
    }

    [Theory]
    [InlineData("AuthorizationPolicy", "Anonymous")]
    [InlineData("Metadata:Authorization", "Forward")]
    [InlineData("Metadata:Authorization", "Internal")]
    [InlineData("Metadata:Paths", "Canonical")]
    [InlineData("Metadata:Paths", "strict")]
    [InlineData("Metadata:Maintenance", "True")]
    [InlineData("Metadata:Maintenance", "86400")]
    [InlineData("Metadata:Retry", "none")]
    [InlineData("Metadata:authorization", "strip")]
    [InlineData("Metadata:WebSocketToken", "Subprotocol")]
    [InlineData("Metadata:roles", "a, b")]
    [InlineData("Metadata:RouteClaims", "id=learner_uid; pass=admin", "/r/{ID}/{**rest}")]
    [InlineData("Metadata:RouteClaims", "id=sub", "/r/{id:guid}-{part}")]
    [InlineData("Match:Path", "/auth/{**rest}")]
    [InlineData("Match:Path", "/{**everything}")]
    [InlineData("Match:Path", "/authors/v1")]
    [InlineData("Order", "5")]
    [InlineData("Order", "-1", "/own/{**rest}")]
    public void GoodRoute_IsTaken(string setting, string value, string path = "/r/{**rest}")
    {
        Dictionary<string, string?> settings = Valid();
        settings["ReverseProxy:Routes:r:Match:Path"] = path;
        settings[$"ReverseProxy:Routes:r:{setting}"] = value;

        Assert.Empty(Check(settings));
    }

    [Theory]
    [InlineData("Order", "first")]
    [InlineData("Timeout", "soon")]
    public void ValueThatCannotBeRead_IsReported(string setting, string value)
    {
        Dictionary<string, string?> settings = Valid();
        settings[$"ReverseProxy:Routes:r:{setting}"] = value;

        Assert.Contains("cannot be read", Assert.Single(Check(settings)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryErrorOfEveryRouteAndCluster_IsReportedAtOnce()
    {
        Dictionary<string, string?> settings = Valid();
        settings["ReverseProxy:Routes:r:AuthorizationPolicy"] = null;
        settings["ReverseProxy:Routes:r:Metadata:Role"] = "staff";
        settings["ReverseProxy:Routes:s:ClusterId"] = "up";
        settings["ReverseProxy:Routes:s:Match:Path"] = "/auth/v1/x";
        settings["ReverseProxy:Clusters:up:LoadBalancingPolicy"] = "Nonsense";

        string[] keys = [.. Check(settings).Select(error => error.Key).Order(StringComparer.Ordinal)];

        Assert.Equal(
            ["ReverseProxy:Clusters:up", "ReverseProxy:Routes:r:AuthorizationPolicy", "ReverseProxy:Routes:r:Metadata:Role", "ReverseProxy:Routes:s:AuthorizationPolicy", "ReverseProxy:Routes:s:Match:Path"],
            keys);
    }

    [Fact]
    public async Task BadReload_ChangesNothing_AndTheNextGoodOneIsTaken()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(destination);

        await gateway.ReloadAsync(("ReverseProxy:Routes:closed:AuthorizationPolicy", ""), ("ReverseProxy:Routes:open:Match:Path", "/moved"));
        RawAnswer stillOpen = await RawHttp.GetAsync(gateway.Port, "/open/a");
        RawAnswer stillClosed = await RawHttp.GetAsync(gateway.Port, "/closed/a");
        await gateway.ReloadAsync(("ReverseProxy:Routes:closed:AuthorizationPolicy", "anonymous"));
        RawAnswer moved = await RawHttp.GetAsync(gateway.Port, "/moved");
        RawAnswer opened = await RawHttp.GetAsync(gateway.Port, "/closed/a");

        Assert.Equal([200, 401, 200, 200], [stillOpen.Status, stillClosed.Status, moved.Status, opened.Status]);
    }

    [Fact]
    public async Task ReloadedMetadata_CountsAtOnce()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(destination);

        await RawHttp.GetAsync(gateway.Port, "/open/a", "Authorization: Bearer x");
        Assert.Null(destination.Take()!.Header("Authorization"));
        await gateway.ReloadAsync(("ReverseProxy:Routes:open:Metadata:Authorization", "Forward"));
        await RawHttp.GetAsync(gateway.Port, "/open/a", "Authorization: Bearer x");

        Assert.Equal("Bearer x", destination.Take()!.Header("Authorization"));
    }

    [Fact]
    public async Task ClusterThatHasChanged_IsAnotherOneToTheProxy_AndKeepsItsNameInTheRules()
    {
        await using RecordingDestination first = await RecordingDestination.StartAsync();
        await using RecordingDestination second = await RecordingDestination.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(first);
        RouteRules open = gateway.RulesOf("open");

        await gateway.ReloadAsync(("ReverseProxy:Routes:closed:Metadata:Roles", "instructor"));
        Assert.Equal(["up"], gateway.Clusters);
        await gateway.ReloadAsync(("ReverseProxy:Clusters:up:Destinations:one:Address", second.Address));
        await RawHttp.GetAsync(gateway.Port, "/open/a");

        Assert.NotNull(second.Take());
        Assert.Equal(["up:3"], gateway.Clusters);
        Assert.Equal(("up", open.Hash), (gateway.RulesOf("open").Cluster, gateway.RulesOf("open").Hash));
    }

    [Fact]
    public async Task PolicyThatChangedBehindItsName_CountsAtOnce_AndNoOtherRouteIsMadeAnew()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        var start = new TestGateway();
        start.Settings["Gateway:Policies:staff:Roles:0"] = "instructor";
        start.Settings["ReverseProxy:Routes:closed:AuthorizationPolicy"] = "staff";
        await using TestGateway gateway = await TestGateway.StartAsync(destination, start);
        RouteRules before = gateway.RulesOf("closed");
        RouteRules open = gateway.RulesOf("open");

        await gateway.ReloadAsync(("Gateway:Policies:staff:Roles:0", "tenant_admin"));

        Assert.Equal("role is \"instructor\"", Assert.Single(before.Policy!.Rules).ToString());
        Assert.Equal("role is \"tenant_admin\"", Assert.Single(gateway.RulesOf("closed").Policy!.Rules).ToString());
        Assert.NotEqual(before.Hash, gateway.RulesOf("closed").Hash);
        Assert.Equal(open.Hash, gateway.RulesOf("open").Hash);
        Assert.Equal(401, (await RawHttp.GetAsync(gateway.Port, "/closed/a")).Status);
        Assert.Equal(200, (await RawHttp.GetAsync(gateway.Port, "/closed/a", "Authorization: Bearer good")).Status);

        await gateway.ReloadAsync(("Gateway:Policies:staff:Tenants:0", "no-tenant"));

        Assert.Equal("role is \"tenant_admin\"", Assert.Single(gateway.RulesOf("closed").Policy!.Rules).ToString());
    }

    private static Dictionary<string, string?> Valid() => new()
    {
        ["ReverseProxy:Routes:r:ClusterId"] = "up",
        ["ReverseProxy:Routes:r:Match:Path"] = "/r/{**rest}",
        ["ReverseProxy:Routes:r:AuthorizationPolicy"] = "default",
        ["ReverseProxy:Clusters:up:Destinations:one:Address"] = "http://127.0.0.1:1/",
    };

    private static IReadOnlyList<SettingError> Check(Dictionary<string, string?> settings)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return YarpConfigurationCheck.Run(configuration, new SettingReader(configuration, "", new SettingReport()).Section("Headers", HeadersOptions.Read), []);
    }
}
