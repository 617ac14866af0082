using System.Security.Cryptography;
using System.Text;
using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// What the gateway does with the requests of one route beyond what the proxy does, compiled when the route is loaded and attached to
/// its endpoint: nothing is looked up by name during a request. <see cref="RouteCheck"/> makes it.
/// </summary>
/// <param name="Route">The route's name.</param>
/// <param name="Anonymous">Whether everyone may use the route, and nobody is known on it.</param>
/// <param name="Policy">What is asked of a caller beyond being signed in; null where nothing is.</param>
internal sealed record RouteRules(string Route, bool Anonymous, CallerPolicy? Policy, bool WebSocketToken)
{
    /// <summary>The cluster's name in the configuration: to the proxy one that has changed goes by another id.</summary>
    public string Cluster { get; init; } = "";

    public required RouteHandling Handling { get; init; }

    /// <summary>Which pages of other origins may call the route; null where none may.</summary>
    public CorsPolicyOptions? Cors { get; init; }

    public RouteRateLimits RateLimits { get; init; } = RouteRateLimits.None;

    /// <summary>
    /// Everything the rules say, line by line; two routes whose rules differ have different texts. For <see cref="Hash"/> and for a person.
    /// </summary>
    public IReadOnlyList<string> Lines =>
    [
        Anonymous ? "caller: everyone, and nobody is known" : "caller: signed in",
        .. Policy?.Rules.Select(rule => $"caller: {rule}") ?? [],
        .. WebSocketToken ? (string[])["token of a WebSocket: header or subprotocol"] : [],
        .. Cors is null ? (string[])[] : [$"pages of other origins: {Cors.Text}"],
        .. RateLimits.Lines,
        .. Handling.Lines,
    ];

    /// <summary>Changes whenever anything changes that the rules use, behind a name too.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Lines))));
}
