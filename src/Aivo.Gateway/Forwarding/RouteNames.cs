namespace Aivo.Gateway.Forwarding;

/// <summary>What a route can refer to by name.</summary>
internal sealed record RouteNames(IReadOnlyCollection<string> Clusters)
{
    /// <param name="configuration">The whole configuration, as it is now.</param>
    public static RouteNames Read(IConfiguration configuration) => new(
        [.. configuration.GetSection($"{ForwardingSetup.Section}:Clusters").GetChildren().Select(cluster => cluster.Key)]);
}
