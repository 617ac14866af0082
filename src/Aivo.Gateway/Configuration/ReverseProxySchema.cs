namespace Aivo.Gateway.Configuration;

/// <summary>
/// The check of the section <c>ReverseProxy</c> as it is written: its shape, and what the gateway asks of a cluster. What it asks of a
/// route is checked on the route as the proxy reads it, offline and at every load alike.
/// </summary>
internal static class ReverseProxySchema
{
    public static void Check(IConfigurationSection reverseProxy, bool development, SettingReport report)
    {
        ShapeCheck.Run(reverseProxy, ReverseProxyShapes.All, report);
        foreach (IConfigurationSection cluster in reverseProxy.GetSection("Clusters").GetChildren().Where(IsSection))
        {
            CheckCluster(cluster, development, report);
        }
    }

    private static bool IsSection(IConfigurationSection part) => string.IsNullOrEmpty(part.Value);

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
