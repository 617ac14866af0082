using Aivo.Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// What the gateway asks of a route beyond what the proxy does: a policy that is written down (SR-68), metadata that this version
/// knows, and hands off the gateway's own paths and headers.
/// </summary>
internal static class RouteCheck
{
    private static readonly string[] HeaderTransforms = ["RequestHeader", "RequestHeaderRouteValue", "ClientCert"];

    /// <summary>Everything that is wrong with the route, each with its setting and the fix.</summary>
    /// <param name="cluster">The cluster that the route names; null where there is none.</param>
    public static List<SettingError> Problems(RouteConfig route, ClusterConfig? cluster, HeaderCleaning cleaning)
    {
        string key = $"ReverseProxy:Routes:{route.RouteId}";
        List<SettingError> problems = [];
        CheckPolicy(route, key, problems);
        CheckMetadata(route, key, problems);
        CheckPath(route, key, problems);
        if (cluster is null)
        {
            problems.Add(new SettingError($"{key}:ClusterId", route.ClusterId, "names no cluster.", "Name one of ReverseProxy:Clusters."));
        }

        foreach (string header in ReservedTransforms(route, cleaning))
        {
            problems.Add(new SettingError($"{key}:Transforms", header, "sets a header that only the gateway may set.", "Choose another header."));
        }

        return problems;
    }

    private static void CheckPolicy(RouteConfig route, string key, List<SettingError> problems)
    {
        if (string.IsNullOrEmpty(route.AuthorizationPolicy))
        {
            problems.Add(new SettingError($"{key}:AuthorizationPolicy", null, "is missing: a route must say who may use it.",
                "Write default (an access token is needed) or anonymous (none is)."));
        }
        else if (!Is(route.AuthorizationPolicy, "default") && !Is(route.AuthorizationPolicy, "anonymous"))
        {
            problems.Add(new SettingError($"{key}:AuthorizationPolicy", route.AuthorizationPolicy, "is not a policy of this version.",
                "Write default (an access token is needed) or anonymous (none is)."));
        }
    }

    private static void CheckMetadata(RouteConfig route, string key, List<SettingError> problems)
    {
        foreach ((string name, string? value) in route.Metadata ?? new Dictionary<string, string>())
        {
            string[]? choices = Is(name, RouteRules.AuthorizationKey) ? Enum.GetNames<AuthorizationForwarding>()
                : Is(name, RouteRules.WebSocketTokenKey) ? [RouteRules.Subprotocol]
                : null;
            if (choices is null)
            {
                problems.Add(new SettingError($"{key}:Metadata:{name}", value, "is not metadata of this version.",
                    $"Remove it; known are {RouteRules.AuthorizationKey} and {RouteRules.WebSocketTokenKey}."));
            }
            else if (value is null || !choices.Contains(value, StringComparer.OrdinalIgnoreCase))
            {
                // The proxy hands objects, arrays and null over as null.
                problems.Add(new SettingError($"{key}:Metadata:{name}", value, "is not one of the choices.", $"Write the text {string.Join(" or ", choices)}."));
            }
        }
    }

    private static void CheckPath(RouteConfig route, string key, List<SettingError> problems)
    {
        string[] segments = (route.Match.Path ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is [var auth, var version, ..] && Is(auth, "auth") && Is(version, "v1"))
        {
            problems.Add(new SettingError($"{key}:Match:Path", route.Match.Path, "lies under the gateway's own path /auth/v1.", "Choose another path."));
        }

        // Order is compared before anything else: with it a catch-all would win over the gateway's endpoints, passwords and all.
        bool ownSegment = segments is [var first, ..] && !first.Contains('{', StringComparison.Ordinal) && !Is(first, "auth") && !Is(first, ".well-known");
        if (route.Order < 0 && !ownSegment)
        {
            problems.Add(new SettingError($"{key}:Order", $"{route.Order}", "would put the route before the gateway's own endpoints.",
                "Write 0 or more, or begin the path with a segment of its own."));
        }
    }

    private static IEnumerable<string> ReservedTransforms(RouteConfig route, HeaderCleaning cleaning) =>
        from transform in route.Transforms ?? []
        from entry in transform
        where HeaderTransforms.Any(name => Is(name, entry.Key)) && entry.Value is { Length: > 0 } header && cleaning.IsReserved(header)
        select entry.Value;

    private static bool Is(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
