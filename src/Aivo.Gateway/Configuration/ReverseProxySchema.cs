namespace Aivo.Gateway.Configuration;

/// <summary>
/// The check of the section <c>ReverseProxy</c>: its shape, and the rules that the gateway adds to YARP's. Default deny (ASVS 8.2.1)
/// begins here: a route that does not say who may pass is an error, not an open route.
/// </summary>
internal static class ReverseProxySchema
{
    /// <summary>Paths that the gateway answers itself; a second endpoint with the same literal path would make both ambiguous.</summary>
    private static readonly string[] OwnPaths = ["auth/v1", ".well-known/jwks.json"];

    private static readonly string[] LaterMetadata = ["Roles", "Claims", "RouteClaims", "RateLimits", "Paths", "Maintenance"];

    private static readonly string[] Policies = ["default", "anonymous"];

    private static readonly (string Name, string[] Values)[] RouteMetadata =
    [
        ("Authorization", ["Strip", "Forward"]),
        ("WebSocketToken", ["Subprotocol"]),
    ];

    /// <summary>Policies of YARP whose names nothing defines in this version.</summary>
    private static readonly string[] NamedPolicies = ["RateLimiterPolicy", "OutputCachePolicy", "TimeoutPolicy", "CorsPolicy"];

    public static void Check(IConfigurationSection reverseProxy, bool development, SettingReport report)
    {
        ShapeCheck.Run(reverseProxy, ReverseProxyShapes.All, report);
        IConfigurationSection clusters = reverseProxy.GetSection("Clusters");
        var names = clusters.GetChildren().Select(cluster => cluster.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (IConfigurationSection route in reverseProxy.GetSection("Routes").GetChildren().Where(IsSection))
        {
            CheckRoute(route, names, report);
        }

        foreach (IConfigurationSection cluster in clusters.GetChildren().Where(IsSection))
        {
            CheckCluster(cluster, development, report);
        }
    }

    private static bool IsSection(IConfigurationSection part) => string.IsNullOrEmpty(part.Value);

    private static void CheckRoute(IConfigurationSection route, HashSet<string> clusters, SettingReport report)
    {
        switch (route["AuthorizationPolicy"])
        {
            case null:
                report.Add(new SettingError($"{route.Path}:AuthorizationPolicy", null, "is not set, so nobody has said who may use this route.",
                    "Write \"default\" for signed-in users, or \"anonymous\" for everyone."));
                break;
            case { Length: > 0 } policy when !Policies.Contains(policy, StringComparer.OrdinalIgnoreCase):
                report.Add(new SettingError($"{route.Path}:AuthorizationPolicy", policy, "is not a policy of this version.", "Write \"default\" or \"anonymous\"."));
                break;
        }

        switch (route["ClusterId"])
        {
            case null:
                report.Add(new SettingError($"{route.Path}:ClusterId", null, "is not set.", "Write the name of a cluster under ReverseProxy:Clusters."));
                break;
            case { Length: > 0 } cluster when !clusters.Contains(cluster):
                report.Add(new SettingError($"{route.Path}:ClusterId", cluster, "names a cluster that does not exist.",
                    clusters.Count == 0 ? "Define it under ReverseProxy:Clusters." : $"Define it under ReverseProxy:Clusters, which has: {string.Join(", ", clusters.Order(StringComparer.Ordinal))}."));
                break;
        }

        CheckMatch(route.GetSection("Match"), report);
        foreach (string name in NamedPolicies)
        {
            if (route[name] is { Length: > 0 } policy)
            {
                report.Add(new SettingError($"{route.Path}:{name}", policy, "names a policy, and this version has none.", "Remove it."));
            }
        }

        foreach (IConfigurationSection entry in route.GetSection("Metadata").GetChildren())
        {
            CheckMetadata(entry, report);
        }
    }

    private static void CheckMatch(IConfigurationSection match, SettingReport report)
    {
        string? path = match["Path"];
        if (path is null && !match.GetSection("Hosts").GetChildren().Any())
        {
            report.Add(new SettingError(match.Path, null, "has neither Path nor Hosts.", "Write the paths of this route, such as \"Path\": \"/orders/{**rest}\"."));
        }

        if (path is not null && OwnPaths.FirstOrDefault(own => IsUnder(path, own)) is { } taken)
        {
            report.Add(new SettingError($"{match.Path}:Path", path, $"is under /{taken}, which the gateway answers itself.", "Choose another path."));
        }

        foreach (IConfigurationSection method in match.GetSection("Methods").GetChildren())
        {
            // TRACE and TRACK are refused before routing (ASVS 13.4.4), so such a route could never be reached.
            if (method.Value is { Length: > 0 } name && (name is "TRACE" or "TRACK" || !name.All(char.IsAsciiLetterUpper)))
            {
                report.Add(new SettingError(method.Path, name, "is not a method that the gateway forwards.", "Write a method in capitals, such as GET; TRACE and TRACK are always refused."));
            }
        }
    }

    /// <summary>
    /// Compares literal segments, in any case as routing does. A pattern that only could match (<c>/{**rest}</c>) is fine: the gateway's
    /// own, more literal endpoints win over it.
    /// </summary>
    private static bool IsUnder(string path, string own)
    {
        string[] segments = path.TrimStart('~').Split('/', StringSplitOptions.RemoveEmptyEntries);
        string[] prefix = own.Split('/');
        return segments.Length >= prefix.Length
            && segments.Take(prefix.Length).SequenceEqual(prefix, StringComparer.OrdinalIgnoreCase);
    }

    private static void CheckMetadata(IConfigurationSection entry, SettingReport report)
    {
        if (LaterMetadata.Contains(entry.Key, StringComparer.OrdinalIgnoreCase))
        {
            report.Add(new SettingError(entry.Path, entry.Value, "is not in this version, and ignoring it would leave the route more open than it says.", "Remove it."));
            return;
        }

        if (!RouteMetadata.Any(known => known.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase)))
        {
            report.Add(new SettingError(entry.Path, entry.Value is null ? null : "***", "is not metadata that the gateway knows.",
                $"Remove it or correct the name; a route's metadata has: {string.Join(", ", RouteMetadata.Select(known => known.Name))}."));
            return;
        }

        string[] values = RouteMetadata.First(known => known.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase)).Values;
        if (entry.Value is { Length: > 0 } value && !values.Contains(value, StringComparer.OrdinalIgnoreCase))
        {
            report.Add(new SettingError(entry.Path, value, "is not one of the choices.", $"Write one of: {string.Join(", ", values)}."));
        }
    }

    private static void CheckCluster(IConfigurationSection cluster, bool development, SettingReport report)
    {
        if (!cluster.GetSection("Destinations").GetChildren().Any())
        {
            report.Add(new SettingError($"{cluster.Path}:Destinations", null, "is empty.", "Write at least one: \"Destinations\": { \"one\": { \"Address\": \"http://host:port/\" } }."));
        }

        IConfigurationSection trust = cluster.GetSection("HttpClient:DangerousAcceptAnyServerCertificate");
        if (!development && bool.TryParse(trust.Value, out bool any) && any)
        {
            report.Add(new SettingError(trust.Path, trust.Value, "turns the check of the destination's certificate off (ASVS 12.3).",
                "Remove it and let the system trust the destination's certificate authority."));
        }
    }
}
