using Aivo.Gateway.Authentication;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Http;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// The one place that decides whether the gateway takes a route, offline, at start and at a reload: what it asks beyond what the proxy
/// does. Default deny (ASVS 8.2.1, SR-68) begins here: a route that does not say who may pass is an error, not an open route.
/// </summary>
internal static class RouteCheck
{
    /// <summary>Paths that the gateway answers itself; a second endpoint with the same literal path would make both ambiguous.</summary>
    private static readonly string[] OwnPaths = ["auth/v1", ".well-known/jwks.json"];

    private static readonly string[] HeaderTransforms = ["RequestHeader", "RequestHeaderRouteValue", "ClientCert"];

    /// <summary>The route's rules, and everything that is wrong with it, each with its setting and the fix.</summary>
    /// <param name="cluster">The cluster that the route names; null where there is none.</param>
    /// <returns>The rules are to be used only where there is no problem.</returns>
    public static (RouteRules Rules, List<SettingError> Problems) Run(RouteConfig route, ClusterConfig? cluster, RouteNames names, HeaderCleaning cleaning)
    {
        string key = $"{ForwardingSetup.Section}:Routes:{route.RouteId}";
        List<SettingError> problems = [];
        var metadata = RouteMetadata.Read(route, key, problems);
        (bool anonymous, IReadOnlyList<CallerRule> rules) = new RoutePolicyCheck(route, key, names, problems).Run(metadata.Policy);
        CheckCluster(route, cluster, names, key, problems);
        CheckMatch(route, key, problems);
        CheckFrameworkPolicies(route, key, problems);
        foreach (string header in ReservedTransforms(route, cleaning))
        {
            problems.Add(new SettingError($"{key}:Transforms", header, "sets a header that only the gateway may set.", "Choose another header."));
        }

        CallerPolicy? policy = rules.Count == 0 ? null : new CallerPolicy(route.RouteId, rules);
        return (new RouteRules(route.RouteId, anonymous, policy, metadata.WebSocketToken)
        {
            Cluster = cluster?.ClusterId ?? "",
            Handling = RouteHandling.Read(route, anonymous, key, problems),
            Cors = CorsOf(route, names, key, problems),
            RateLimits = RouteRateLimits.Read(route, key, names, problems),
        }, problems);
    }

    private static CorsPolicyOptions? CorsOf(RouteConfig route, RouteNames names, string key, List<SettingError> problems)
    {
        if (string.IsNullOrEmpty(route.CorsPolicy))
        {
            return null;
        }

        if (!names.CorsPolicies.TryGetValue(route.CorsPolicy, out CorsPolicyOptions? cors))
        {
            problems.Add(new SettingError($"{key}:{nameof(route.CorsPolicy)}", route.CorsPolicy, "names a CORS policy that does not exist.",
                names.CorsPolicies.Count == 0 ? "Define it under Gateway:CorsPolicies." : $"Define it under Gateway:CorsPolicies, which has: {string.Join(", ", names.CorsPolicies.Keys.Order(StringComparer.Ordinal))}."));
        }

        return cors;
    }

    private static void CheckCluster(RouteConfig route, ClusterConfig? cluster, RouteNames names, string key, List<SettingError> problems)
    {
        if (string.IsNullOrEmpty(route.ClusterId))
        {
            problems.Add(new SettingError($"{key}:ClusterId", null, "is not set.", "Write the name of a cluster under ReverseProxy:Clusters."));
        }
        else if (cluster is null)
        {
            problems.Add(new SettingError($"{key}:ClusterId", route.ClusterId, "names a cluster that does not exist.",
                names.Clusters.Count == 0 ? "Define it under ReverseProxy:Clusters." : $"Define it under ReverseProxy:Clusters, which has: {string.Join(", ", names.Clusters.Order(StringComparer.Ordinal))}."));
        }
    }

    private static void CheckMatch(RouteConfig route, string key, List<SettingError> problems)
    {
        string? path = route.Match.Path;
        if (string.IsNullOrEmpty(path) && route.Match.Hosts is not { Count: > 0 })
        {
            problems.Add(new SettingError($"{key}:Match", null, "has neither Path nor Hosts.", "Write the paths of this route, such as \"Path\": \"/orders/{**rest}\"."));
        }

        string[] segments = (path ?? "").TrimStart('~').Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (OwnPaths.FirstOrDefault(own => IsUnder(segments, own)) is { } taken)
        {
            problems.Add(new SettingError($"{key}:Match:Path", path, $"is under /{taken}, which the gateway answers itself.", "Choose another path."));
        }

        // Order is compared before anything else: with it a catch-all would win over the gateway's endpoints, passwords and all.
        bool ownSegment = segments is [var first, ..] && !first.Contains('{', StringComparison.Ordinal) && !Is(first, "auth") && !Is(first, ".well-known");
        if (route.Order < 0 && !ownSegment)
        {
            problems.Add(new SettingError($"{key}:Order", $"{route.Order}", "would put the route before the gateway's own endpoints.",
                "Write 0 or more, or begin the path with a segment of its own."));
        }

        IReadOnlyList<string> methods = route.Match.Methods ?? [];
        for (int index = 0; index < methods.Count; index++)
        {
            // TRACE and TRACK are refused before routing (ASVS 13.4.4), so such a route could never be reached.
            if (methods[index] is "TRACE" or "TRACK" or "" || !methods[index].All(char.IsAsciiLetterUpper))
            {
                problems.Add(new SettingError($"{key}:Match:Methods:{index}", methods[index], "is not a method that the gateway forwards.",
                    "Write a method in capitals, such as GET; TRACE and TRACK are always refused."));
            }
        }
    }

    /// <summary>
    /// Compares literal segments, in any case as routing does. A pattern that only could match (<c>/{**rest}</c>) is fine: the gateway's
    /// own, more literal endpoints win over it.
    /// </summary>
    private static bool IsUnder(string[] segments, string own)
    {
        string[] prefix = own.Split('/');
        return segments.Length >= prefix.Length && segments.Take(prefix.Length).SequenceEqual(prefix, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Policies of the proxy's framework, whose names nothing defines in this version.</summary>
    private static void CheckFrameworkPolicies(RouteConfig route, string key, List<SettingError> problems)
    {
        foreach ((string name, string? policy) in new[]
        {
            (nameof(route.RateLimiterPolicy), route.RateLimiterPolicy), (nameof(route.OutputCachePolicy), route.OutputCachePolicy),
            (nameof(route.TimeoutPolicy), route.TimeoutPolicy),
        })
        {
            if (!string.IsNullOrEmpty(policy))
            {
                problems.Add(new SettingError($"{key}:{name}", policy, "names a policy, and this version has none.", "Remove it."));
            }
        }
    }

    private static IEnumerable<string> ReservedTransforms(RouteConfig route, HeaderCleaning cleaning) => SetHeaders(route).Where(cleaning.IsReserved);

    /// <summary>The names of the request headers that the route's transforms set.</summary>
    public static IEnumerable<string> SetHeaders(RouteConfig route) =>
        from transform in route.Transforms ?? []
        from entry in transform
        where HeaderTransforms.Any(name => Is(name, entry.Key)) && entry.Value is { Length: > 0 }
        select entry.Value;

    private static bool Is(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
