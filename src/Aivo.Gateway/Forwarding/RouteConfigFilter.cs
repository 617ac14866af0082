using Aivo.Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Passes every route and cluster on its way from the configuration to the proxy, at start and at every reload. What it refuses changes
/// nothing: the configuration in use goes on.
/// </summary>
/// <param name="configuration">The whole configuration: what routes refer to by name is read as it is when they are loaded.</param>
/// <param name="sample">The sample destination, in Development.</param>
internal sealed class RouteConfigFilter(
    HeaderCleaning cleaning, IConfiguration configuration, CompiledRoutes compiled, SampleDestination? sample = null) : IProxyConfigFilter
{
    /// <summary>The host in a destination's address for which the sample destination stands in.</summary>
    public const string SampleHost = "sample.invalid";

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig origCluster, CancellationToken cancel)
    {
        HttpClientConfig client = origCluster.HttpClient ?? new HttpClientConfig();
        return ValueTask.FromResult(origCluster with
        {
            Destinations = sample is null ? origCluster.Destinations : WithSample(origCluster.Destinations, sample),
            // Kestrel reads header values as UTF-8; the HTTP client fails on them unless it may write them back.
            HttpClient = client with { RequestHeaderEncoding = client.RequestHeaderEncoding ?? "utf-8" },
        });
    }

    /// <exception cref="InvalidRouteException">The gateway does not take the route.</exception>
    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel)
    {
        (RouteRules rules, List<SettingError> problems) = RouteCheck.Run(route, cluster, RouteNames.Read(configuration), cleaning);
        return problems.Count == 0 ? ValueTask.FromResult(compiled.Add(route, rules)) : throw new InvalidRouteException(route.RouteId, problems);
    }

    private static Dictionary<string, DestinationConfig>? WithSample(IReadOnlyDictionary<string, DestinationConfig>? destinations, SampleDestination sample) =>
        destinations?.ToDictionary(
            entry => entry.Key,
            entry => Uri.TryCreate(entry.Value.Address, UriKind.Absolute, out Uri? address) && address.Host == SampleHost
                ? entry.Value with { Address = new Uri(sample.Address, address.PathAndQuery).AbsoluteUri }
                : entry.Value,
            StringComparer.OrdinalIgnoreCase);
}
