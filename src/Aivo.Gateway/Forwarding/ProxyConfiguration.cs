using System.Globalization;
using Aivo.Gateway.Http;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// The routes, their rules and the clusters in use. The proxy gets them from here and from nowhere else, as one snapshot that was checked
/// and compiled before: see docs/adr/0020.
/// </summary>
internal sealed class ProxyConfiguration : IProxyConfigProvider, IConfigChangeListener
{
    /// <summary>The host in a destination's address for which the sample destination stands in.</summary>
    public const string SampleHost = "sample.invalid";

    /// <summary>Applying is work in memory; this only keeps a fault in it from being waited for without end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CompiledRoutes _compiled;
    private readonly SampleDestination? _sample;
    private readonly TimeProvider _time;
    private Dictionary<string, ClusterConfig> _clusters = new(StringComparer.OrdinalIgnoreCase);
    private volatile Snapshot _current;
    private long _published;

    /// <param name="configuration">The whole configuration, with which to start.</param>
    /// <param name="sample">The sample destination, in Development.</param>
    /// <exception cref="InvalidOperationException">It does not hold; <see cref="ForwardingSetup.RefusedRoutes"/> lists the reasons.</exception>
    public ProxyConfiguration(IConfiguration configuration, HeadersOptions headers, CompiledRoutes compiled, TimeProvider time, SampleDestination? sample = null)
    {
        (_compiled, _time, _sample) = (compiled, time, sample);
        CheckedRoutes routes = YarpConfigurationCheck.Read(configuration, headers, []);
        if (routes.Errors.Count > 0)
        {
            throw new InvalidOperationException("The routes are refused.", new InvalidRouteException(routes.Errors));
        }

        (_clusters, _current) = Compile(routes);
    }

    public IProxyConfig GetConfig() => _current;

    /// <summary>
    /// Puts the routes to use in the place of those before. A request that was matched before goes on by the old route, its rules and its
    /// cluster, and one that is matched after has the new ones. Not to be called again before it has returned.
    /// </summary>
    /// <param name="routes">Without errors.</param>
    /// <exception cref="InvalidOperationException">The proxy did not take them; those before are in use again.</exception>
    /// <exception cref="TimeoutException">The proxy did not say in time what became of them.</exception>
    public async Task PublishAsync(CheckedRoutes routes)
    {
        (Dictionary<string, ClusterConfig> clusters, Snapshot snapshot) = Compile(routes);
        Snapshot before = _current;
        if (await SignalAsync(snapshot) is { } failure)
        {
            await SignalAsync(new Snapshot(before.Routes, before.Clusters, Revision()));
            throw new InvalidOperationException("The proxy did not take the routes.", failure);
        }

        _clusters = clusters;
    }

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception)
    {
        // Loading is a field access.
    }

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
        // Loaded is not in use yet.
    }

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) => End(proxyConfigs, exception);

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs) => End(proxyConfigs, null);

    private static void End(IReadOnlyList<IProxyConfig> proxyConfigs, Exception? failure)
    {
        foreach (Snapshot snapshot in proxyConfigs.OfType<Snapshot>())
        {
            snapshot.Applied.TrySetResult(failure);
        }
    }

    private async Task<Exception?> SignalAsync(Snapshot snapshot)
    {
        Snapshot before = _current;
        _current = snapshot;
        before.Replace();
        return await snapshot.Applied.Task.WaitAsync(Patience, _time);
    }

    private (Dictionary<string, ClusterConfig> Clusters, Snapshot Snapshot) Compile(CheckedRoutes routes)
    {
        string revision = Revision();
        var clusters = routes.Clusters.ToDictionary(cluster => cluster.ClusterId, cluster => Adapt(cluster, revision), StringComparer.OrdinalIgnoreCase);
        RouteConfig[] compiled = [.. routes.Routes.Select(entry =>
            _compiled.Add(entry.Route with { ClusterId = clusters[entry.Route.ClusterId!].ClusterId }, entry.Rules))];
        return (clusters, new Snapshot(compiled, [.. clusters.Values], revision));
    }

    private string Revision() => Interlocked.Increment(ref _published).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// A cluster that has changed gets an id of its own, which no configuration can hold. The proxy would change one of the same id in
    /// place, part by part, and a request that was matched by an old route would be sent by it.
    /// </summary>
    private ClusterConfig Adapt(ClusterConfig cluster, string revision)
    {
        HttpClientConfig client = cluster.HttpClient ?? new HttpClientConfig();
        ClusterConfig adapted = cluster with
        {
            Destinations = _sample is null ? cluster.Destinations : WithSample(cluster.Destinations, _sample),
            // Kestrel reads header values as UTF-8; the HTTP client fails on them unless it may write them back.
            HttpClient = client with { RequestHeaderEncoding = client.RequestHeaderEncoding ?? "utf-8" },
        };
        return _clusters.TryGetValue(cluster.ClusterId, out ClusterConfig? before)
            ? before.Equals(adapted with { ClusterId = before.ClusterId }) ? before : adapted with { ClusterId = $"{cluster.ClusterId}:{revision}" }
            : adapted;
    }

    private static Dictionary<string, DestinationConfig>? WithSample(IReadOnlyDictionary<string, DestinationConfig>? destinations, SampleDestination sample) =>
        destinations?.ToDictionary(
            entry => entry.Key,
            entry => Uri.TryCreate(entry.Value.Address, UriKind.Absolute, out Uri? address) && address.Host == SampleHost
                ? entry.Value with { Address = new Uri(sample.Address, address.PathAndQuery).AbsoluteUri }
                : entry.Value,
            StringComparer.OrdinalIgnoreCase);

    private sealed class Snapshot(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters, string revision) : IProxyConfig
    {
        /// <summary>Made by the configuration library for what it reloads: a token that is triggered once and holds nothing.</summary>
        private readonly ConfigurationReloadToken _replaced = new();

        public string RevisionId => revision;

        public IReadOnlyList<RouteConfig> Routes => routes;

        public IReadOnlyList<ClusterConfig> Clusters => clusters;

        public IChangeToken ChangeToken => _replaced;

        /// <summary>Ends when the proxy has applied the snapshot, with what went wrong or null.</summary>
        public TaskCompletionSource<Exception?> Applied { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Replace() => _replaced.OnReload();
    }
}
