using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>A gateway with a route for each kind of limit, behind a proxy that is the test, and a destination that has limits of its own.</summary>
public sealed class LimitedGateway : IAsyncLifetime
{
    private GatewayProcess _gateway = null!;
    private Destination _destination = null!;

    internal HttpClient Http { get; private set; } = null!;

    internal Destination Destination => _destination;

    internal GatewayProcess Gateway => _gateway;

    /// <summary>Settings of a route <c>/name</c> and of the limits it names, each with the windows and the partition.</summary>
    internal static IEnumerable<(string Key, string Value)> Route(string name, string policy, string limits)
    {
        yield return ($"ReverseProxy:Routes:{name}:ClusterId", "up");
        yield return ($"ReverseProxy:Routes:{name}:Match:Path", $"/{name}/{{**rest}}");
        yield return ($"ReverseProxy:Routes:{name}:AuthorizationPolicy", policy);
        yield return ($"ReverseProxy:Routes:{name}:Metadata:RateLimits", limits);
    }

    internal static IEnumerable<(string Key, string Value)> Limit(string name, string partition, string scope, params string[] windows)
    {
        yield return ($"Gateway:RateLimits:{name}:Partition", partition);
        yield return ($"Gateway:RateLimits:{name}:Scope", scope);
        for (int index = 0; index < windows.Length; index++)
        {
            yield return ($"Gateway:RateLimits:{name}:Windows:{index}", windows[index]);
        }
    }

    public async ValueTask InitializeAsync()
    {
        _destination = await Destination.StartAsync(context =>
        {
            context.Response.Headers["RateLimit-Limit"] = "12345";
            return Task.CompletedTask;
        });
        _gateway = await GatewayProcess.StartAsync(
        [
            ("Gateway:TrustedProxies:0", "127.0.0.1"),
            ("ReverseProxy:Clusters:up:Destinations:one:Address", _destination.Address.AbsoluteUri),
            .. Limit("address", "Address", "Node", "3/01:00:00"),
            .. Limit("user", "User", "Node", "3/01:00:00"),
            .. Limit("tenant", "Tenant", "Node", "3/01:00:00"),
            .. Limit("session", "Session", "Node", "3/01:00:00"),
            .. Limit("route", "Route", "Node", "3/01:00:00"),
            .. Limit("key", "Header:X-Api-Key", "Node", "3/01:00:00"),
            .. Limit("burst", "Address", "Node", "2/00:00:01", "3/01:00:00"),
            .. Limit("caller", "User", "Node", "3/01:00:00"),
            .. Limit("many", "Address", "Node", "100/01:00:00"),
            .. Route("address", "anonymous", "address"),
            .. Route("user", "default", "user"),
            .. Route("tenant", "default", "tenant"),
            .. Route("session", "default", "session"),
            .. Route("route-a", "anonymous", "route"),
            .. Route("route-b", "anonymous", "route"),
            .. Route("key", "anonymous", "key"),
            .. Route("burst", "anonymous", "burst"),
            .. Route("both", "default", "many, caller"),
            .. Route("guarded", "default", "address"),
        ]);
        Http = new HttpClient { BaseAddress = _gateway.Address };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }
}
