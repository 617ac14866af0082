using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>CORS per route through the running program: the gateway alone says which pages may call, on its own refusals too.</summary>
public sealed class RouteCorsTests : IAsyncLifetime
{
    private const string Page = "https://app.example.com";

    private RecordingDestination _destination = null!;
    private GatewayProcess _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync(context =>
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
            context.Response.Headers.AccessControlAllowCredentials = "true";
            return context.Response.WriteAsync("ok");
        });
        _gateway = await GatewayProcess.StartAsync(
        [
            ("ReverseProxy:Clusters:own:Destinations:one:Address", _destination.Address),
            ("ReverseProxy:Clusters:gone:Destinations:one:Address", $"http://127.0.0.1:{FreePort.Next()}/"),
            ("Gateway:CorsPolicies:apps:Origins:0", Page), ("Gateway:CorsPolicies:apps:AllowCredentials", "true"),
            ("Gateway:CorsPolicies:apps:Methods:0", "GET"), ("Gateway:CorsPolicies:apps:Methods:1", "PUT"),
            ("Gateway:CorsPolicies:everybody:Origins:0", "*"),
            .. Route("closed", "own", "default", "apps"),
            .. Route("open", "own", "anonymous", "apps"),
            .. Route("public", "own", "anonymous", "everybody"),
            .. Route("gone", "gone", "anonymous", "apps"),
            .. Route("plain", "own", "anonymous", ""),
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    [Fact]
    public async Task Preflight_IsAnsweredWithoutAToken_AndReachesNoDestination()
    {
        RawAnswer answer = await PreflightAsync("/closed/a", Page, "PUT");
        Assert.Equal((204, Page, "true", "GET,PUT", "600"), (answer.Status, answer.Header("Access-Control-Allow-Origin"), answer.Header("Access-Control-Allow-Credentials"),
            answer.Header("Access-Control-Allow-Methods"), answer.Header("Access-Control-Max-Age")));
        Assert.Contains("Authorization", answer.Header("Access-Control-Allow-Headers"), StringComparison.Ordinal);

        Assert.Null((await PreflightAsync("/closed/a", "https://app.example.com.evil.example", "PUT")).Header("Access-Control-Allow-Origin"));
        Assert.Null((await PreflightAsync("/closed/a", "null", "PUT")).Header("Access-Control-Allow-Origin"));
        Assert.Equal("*", (await PreflightAsync("/public/a", "https://anywhere.example", "GET")).Header("Access-Control-Allow-Origin"));
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task Refusals_CanBeReadByThePage()
    {
        RawAnswer unauthenticated = await GetAsync("/closed/a", Page);
        Assert.Equal((401, Page), (unauthenticated.Status, unauthenticated.Header("Access-Control-Allow-Origin")));
        Assert.Contains("WWW-Authenticate", unauthenticated.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
        RawAnswer unreachable = await GetAsync("/gone/a", Page);
        Assert.Equal((502, Page), (unreachable.Status, unreachable.Header("Access-Control-Allow-Origin")));
        Assert.Null((await GetAsync("/closed/a", "https://other.example")).Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task DestinationsHaveNoSay_WhereTheRouteHasAPolicy()
    {
        RawAnswer own = await GetAsync("/open/a", Page);
        Assert.Equal((200, Page), (own.Status, own.Header("Access-Control-Allow-Origin")));
        RawAnswer other = await GetAsync("/open/a", "https://other.example");
        Assert.Equal((200, null, null), (other.Status, other.Header("Access-Control-Allow-Origin"), other.Header("Access-Control-Allow-Credentials")));
        RawAnswer plain = await GetAsync("/plain/a", "https://other.example");
        Assert.Equal((200, "*"), (plain.Status, plain.Header("Access-Control-Allow-Origin")));
    }

    private static (string Key, string Value)[] Route(string name, string cluster, string policy, string cors) =>
    [
        ($"ReverseProxy:Routes:{name}:ClusterId", cluster),
        ($"ReverseProxy:Routes:{name}:Match:Path", $"/{name}/{{**rest}}"),
        ($"ReverseProxy:Routes:{name}:Match:Methods:0", "GET"),
        ($"ReverseProxy:Routes:{name}:Match:Methods:1", "PUT"),
        ($"ReverseProxy:Routes:{name}:AuthorizationPolicy", policy),
        .. cors.Length > 0 ? [($"ReverseProxy:Routes:{name}:CorsPolicy", cors)] : ((string Key, string Value)[])[],
    ];

    private Task<RawAnswer> GetAsync(string target, string origin) => RawHttp.GetAsync(_gateway.Port, target, $"Origin: {origin}");

    private Task<RawAnswer> PreflightAsync(string target, string origin, string method) => RawHttp.SendAsync(
        _gateway.Port,
        $"OPTIONS {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\nAccess-Control-Request-Headers: authorization\r\n\r\n");
}
