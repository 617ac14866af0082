using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Carries a route's rules from the check that compiles them to the endpoint they are attached to. The proxy makes a new endpoint only
/// when the route's own configuration has changed, so that names the rules' hash: a policy that changed behind its name counts too.
/// </summary>
internal sealed class CompiledRoutes
{
    /// <summary>The metadata that holds the hash; no route of a configuration can have it.</summary>
    private const string HashKey = "RulesHash";

    /// <summary>By instance: the proxy hands on the very configuration that it was given, and one it drops takes its rules along.</summary>
    private readonly ConditionalWeakTable<RouteConfig, RouteRules> _rules = [];

    /// <summary>The route as the proxy is to have it. Who may use it has become part of the rules; to the proxy it says only whether anybody may.</summary>
    public RouteConfig Add(RouteConfig route, RouteRules rules)
    {
        var metadata = new Dictionary<string, string>(route.Metadata ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase) { [HashKey] = rules.Hash };
        RouteConfig compiled = route with { AuthorizationPolicy = rules.Anonymous ? "anonymous" : "default", CorsPolicy = null, Metadata = metadata };
        _rules.Add(compiled, rules);
        return compiled;
    }

    /// <exception cref="InvalidOperationException">The route has not come from <see cref="Add"/>.</exception>
    public RouteRules RulesOf(RouteConfig route) =>
        _rules.TryGetValue(route, out RouteRules? rules) ? rules : throw new InvalidOperationException($"The route {route.RouteId} was not compiled.");
}
