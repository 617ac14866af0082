using System.Globalization;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Http;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>A route in words: its name, and everything that applies to a request that takes it.</summary>
internal sealed record RouteDescription(string Name, IReadOnlyList<string> Lines);

/// <summary>The routes of a valid configuration, to be shown and to be tried; without the proxy that forwards.</summary>
internal sealed class RouteTable
{
    private readonly IReadOnlyList<RouteConfig> _routes;
    private readonly Dictionary<string, RouteDescription> _descriptions;

    private RouteTable(IProxyConfig proxy, RouteNames names, HeadersOptions headers)
    {
        _routes = [.. proxy.Routes.OrderBy(route => route.Order ?? 0).ThenBy(route => route.RouteId, StringComparer.Ordinal)];
        var cleaning = new HeaderCleaning(headers);
        _descriptions = _routes.ToDictionary(
            route => route.RouteId,
            route =>
            {
                ClusterConfig? cluster = proxy.Clusters.FirstOrDefault(candidate => candidate.ClusterId.Equals(route.ClusterId, StringComparison.OrdinalIgnoreCase));
                return Describe(route, cluster, RouteCheck.Run(route, cluster, names, cleaning).Rules, headers);
            },
            StringComparer.OrdinalIgnoreCase);
    }

    public IEnumerable<RouteDescription> Routes => _routes.Select(route => _descriptions[route.RouteId]);

    /// <param name="configuration">The whole configuration, checked.</param>
    public static RouteTable Read(IConfiguration configuration, HeadersOptions headers)
    {
        using ServiceProvider provider = YarpConfigurationCheck.Services(configuration);
        return new RouteTable(provider.GetRequiredService<IProxyConfigProvider>().GetConfig(), RouteNames.Read(configuration), headers);
    }

    public RouteDescription Description(string route) => _descriptions[route];

    /// <summary>Where the request would go, and for every other route why not there.</summary>
    public (RouteChoice Choice, IReadOnlyList<(string Route, string Reason)> Others) Try(TriedRequest request)
    {
        if (PathGate.Accepts(request.Path))
        {
            return Choose(request);
        }

        if (CanonicalPath.TryMake(request.Path, out string? canonical) && Choose(request with { Path = canonical }) is { Choice.Route: { } route } chosen
            && RouteHandling.TakesCanonicalPaths(_routes.First(taken => taken.RouteId == route)))
        {
            return chosen;
        }

        return (new RouteChoice(null, "the path could be read in two ways: 400", []), []);
    }

    private (RouteChoice Choice, IReadOnlyList<(string Route, string Reason)> Others) Choose(TriedRequest request)
    {
        RouteChoice choice = RouteTrial.Choose(_routes, request);
        return (choice,
        [
            .. _routes.Where(route => route.RouteId != choice.Route)
                .Select(route => (route.RouteId, RouteTrial.Unmet(route, request) ?? Behind(route, choice))),
        ]);
    }

    private string Behind(RouteConfig route, RouteChoice choice)
    {
        if (_routes.FirstOrDefault(other => other.RouteId == choice.Route) is not { } winner)
        {
            return choice.Refusal is null ? "matches" : $"matches, but {choice.Refusal}";
        }

        return (winner.Order ?? 0) < (route.Order ?? 0)
            ? $"matches, but '{winner.RouteId}' comes first by its Order ({winner.Order ?? 0} before {route.Order ?? 0})"
            : $"matches, but '{winner.RouteId}' comes first: it asks for more of the path, host, method, headers or query";
    }

    private static RouteDescription Describe(RouteConfig route, ClusterConfig? cluster, RouteRules rules, HeadersOptions headers) => new(route.RouteId,
    [
        $"path: {route.Match.Path ?? "any"}",
        .. Listed("methods", route.Match.Methods),
        .. Listed("hosts", route.Match.Hosts),
        .. Listed("headers", route.Match.Headers?.Select(header => $"{header.Name} {header.Mode} {string.Join('|', header.Values ?? [])}".TrimEnd())),
        .. Listed("query", route.Match.QueryParameters?.Select(query => $"{query.Name} {query.Mode} {string.Join('|', query.Values ?? [])}".TrimEnd())),
        .. route.Order is { } order ? (string[])[string.Create(CultureInfo.InvariantCulture, $"order: {order}")] : [],
        $"policy: {route.AuthorizationPolicy}",
        .. rules.Lines,
        .. rules.Anonymous ? [] : Listed("identity headers", headers.IdentityNames),
        .. route.Timeout is { } timeout ? (string[])[$"time-out: {Durations.Format(timeout)}"] : [],
        .. route.MaxRequestBodySize is { } size ? (string[])[string.Create(CultureInfo.InvariantCulture, $"largest body: {size} bytes")] : [],
        .. Listed("transforms", route.Transforms?.Select(transform => string.Join(' ', transform.Keys))),
        $"cluster: {route.ClusterId}",
        .. Listed("destinations", cluster?.Destinations?.OrderBy(destination => destination.Key, StringComparer.Ordinal)
            .Select(destination => new SettingError(destination.Key, destination.Value.Address, "", "").Subject)),
    ]);

    private static string[] Listed(string name, IEnumerable<string>? items) => items?.ToArray() is { Length: > 0 } some ? [$"{name}: {string.Join(", ", some)}"] : [];
}
