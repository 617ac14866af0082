using Aivo.Gateway.Configuration;
using Aivo.Gateway.Http;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>Checks the section <c>ReverseProxy</c> as the proxy itself will, without starting it: no socket, no name resolution.</summary>
internal static class YarpConfigurationCheck
{
    /// <summary>Every error of every route and cluster.</summary>
    /// <param name="configuration">The whole configuration.</param>
    public static IReadOnlyList<SettingError> Run(IConfiguration configuration, HeadersOptions headers)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(configuration);
        services.AddReverseProxy().LoadFromConfig(configuration.GetSection(ForwardingSetup.Section));
        using ServiceProvider provider = services.BuildServiceProvider();
        IProxyConfig proxy;
        try
        {
            proxy = provider.GetRequiredService<IProxyConfigProvider>().GetConfig();
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            return [new SettingError(ForwardingSetup.Section, null, $"cannot be read ({exception.Message}).", "Correct the value.")];
        }

        return Check(proxy, provider.GetRequiredService<IConfigValidator>(), new HeaderCleaning(headers));
    }

    private static List<SettingError> Check(IProxyConfig proxy, IConfigValidator validator, HeaderCleaning cleaning)
    {
        List<SettingError> errors = [];
        foreach (ClusterConfig cluster in proxy.Clusters)
        {
            Add(errors, $"ReverseProxy:Clusters:{cluster.ClusterId}", validator.ValidateClusterAsync(cluster));
        }

        foreach (RouteConfig route in proxy.Routes)
        {
            ClusterConfig? cluster = proxy.Clusters.FirstOrDefault(
                candidate => candidate.ClusterId.Equals(route.ClusterId, StringComparison.OrdinalIgnoreCase));
            List<SettingError> problems = RouteCheck.Problems(route, cluster, cleaning);
            errors.AddRange(problems);
            // The proxy would name an unknown policy a second time.
            RouteConfig judged = problems.Exists(problem => problem.Key.EndsWith(":AuthorizationPolicy", StringComparison.Ordinal))
                ? route with { AuthorizationPolicy = null }
                : route;
            Add(errors, $"ReverseProxy:Routes:{route.RouteId}", validator.ValidateRouteAsync(judged));
        }

        return errors;
    }

    /// <summary>The validators are asynchronous in signature only: all they look at is in memory.</summary>
    private static void Add(List<SettingError> errors, string key, ValueTask<IList<Exception>> validation) =>
        errors.AddRange(validation.AsTask().GetAwaiter().GetResult()
            .Select(exception => new SettingError(key, null, $"is refused by the proxy: {exception.Message}", "Correct it.")));
}
