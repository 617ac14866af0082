using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>What becomes of the client's <c>Authorization</c> header towards the destination.</summary>
internal enum AuthorizationForwarding
{
    /// <summary>It is not forwarded; the default.</summary>
    Strip,

    /// <summary>It is forwarded as it came.</summary>
    Forward,
}

/// <summary>
/// What a route's metadata says, compiled when the route is loaded and attached to its endpoint: nothing is looked up by name during a
/// request. It depends on the route's own configuration alone, and the proxy makes a new endpoint whenever that changes.
/// </summary>
internal sealed record RouteRules(AuthorizationForwarding Authorization, bool WebSocketToken)
{
    public const string AuthorizationKey = "Authorization";
    public const string WebSocketTokenKey = "WebSocketToken";
    public const string Subprotocol = "Subprotocol";

    /// <summary>Compiles a route that <see cref="RouteCheck"/> has passed.</summary>
    public static RouteRules Compile(RouteConfig route) => new(
        Value(route, AuthorizationKey) is { } text ? Enum.Parse<AuthorizationForwarding>(text, ignoreCase: true) : AuthorizationForwarding.Strip,
        Value(route, WebSocketTokenKey) is not null);

    private static string? Value(RouteConfig route, string key) =>
        route.Metadata?.FirstOrDefault(entry => entry.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Value;
}
