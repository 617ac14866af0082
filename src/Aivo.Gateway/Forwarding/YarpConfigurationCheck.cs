using Aivo.Gateway.Configuration;
using Aivo.Gateway.Http;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>Checks the section <c>ReverseProxy</c> as the proxy itself will, without starting it: no socket, no name resolution.</summary>
internal static class YarpConfigurationCheck
{
    /// <summary>Every error of every route and cluster.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="known">Errors that were found before. What they point at is left out, so that it does not hide what else is wrong.</param>
    public static IReadOnlyList<SettingError> Run(IConfiguration configuration, HeadersOptions headers, IReadOnlyList<SettingError> known) =>
        Read(configuration, headers, known).Errors;

    /// <summary>The routes with their rules, the clusters, and every error as <see cref="Run"/> gives them.</summary>
    public static CheckedRoutes Read(IConfiguration configuration, HeadersOptions headers, IReadOnlyList<SettingError> known)
    {
        IConfigurationRoot readable = Without(configuration, known);
        using ServiceProvider provider = Services(readable);
        IProxyConfig proxy;
        try
        {
            proxy = provider.GetRequiredService<IProxyConfigProvider>().GetConfig();
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            return new CheckedRoutes([], [], [new SettingError(ForwardingSetup.Section, null, $"cannot be read ({exception.Message}).", "Correct the value.")]);
        }

        return Check(proxy, RouteNames.Read(configuration), provider.GetRequiredService<IConfigValidator>(), new HeaderCleaning(headers));
    }

    /// <summary>What reads and validates the proxy's configuration, and nothing that would run it.</summary>
    public static ServiceProvider Services(IConfiguration configuration)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(configuration);
        services.AddReverseProxy().LoadFromConfig(configuration.GetSection(ForwardingSetup.Section));
        return services.BuildServiceProvider();
    }

    private static IConfigurationRoot Without(IConfiguration configuration, IReadOnlyList<SettingError> known)
    {
        HashSet<string> wrong = known.Select(error => error.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new ConfigurationBuilder()
            .AddInMemoryCollection(configuration.GetSection(ForwardingSetup.Section).AsEnumerable().Where(setting => !PlacesOf(setting.Key).Any(wrong.Contains)))
            .Build();
    }

    /// <summary>The setting's own key and those of the sections it is in.</summary>
    private static IEnumerable<string> PlacesOf(string key)
    {
        for (string? place = key; place is not null; place = ConfigurationPath.GetParentPath(place))
        {
            yield return place;
        }
    }

    private static CheckedRoutes Check(IProxyConfig proxy, RouteNames names, IConfigValidator validator, HeaderCleaning cleaning)
    {
        List<SettingError> errors = [];
        List<(RouteConfig, RouteRules)> routes = [];
        foreach (ClusterConfig cluster in proxy.Clusters)
        {
            Add(errors, $"ReverseProxy:Clusters:{cluster.ClusterId}", validator.ValidateClusterAsync(cluster));
            errors.AddRange(DestinationTls.Problems(cluster, TimeProvider.System));
        }

        Dictionary<string, ClusterConfig> clusters = proxy.Clusters.ToDictionary(cluster => cluster.ClusterId, StringComparer.OrdinalIgnoreCase);
        foreach (RouteConfig route in proxy.Routes)
        {
            ClusterConfig? cluster = clusters.GetValueOrDefault(route.ClusterId ?? "");
            (RouteRules rules, List<SettingError> problems) = RouteCheck.Run(route, cluster, names, cleaning);
            routes.Add((route, rules));
            errors.AddRange(problems);
            string key = $"ReverseProxy:Routes:{route.RouteId}";
            Add(errors, key, validator.ValidateRouteAsync(LeftToTheProxy(route, key, problems)));
        }

        errors.AddRange(RouteConflicts.Find(proxy.Routes).Where(conflict => !errors.Exists(error => $"{error.Key}:".StartsWith($"{conflict.Key}:", StringComparison.Ordinal))));
        return new CheckedRoutes(routes, proxy.Clusters, errors);
    }

    /// <summary>The route without what <see cref="RouteCheck"/> decides alone, and without what it has found: else it would be said twice.</summary>
    private static RouteConfig LeftToTheProxy(RouteConfig route, string key, List<SettingError> problems) => route with
    {
        AuthorizationPolicy = null,
        RateLimiterPolicy = null,
        OutputCachePolicy = null,
        TimeoutPolicy = null,
        CorsPolicy = null,
        Match = route.Match with
        {
            Path = problems.Exists(problem => problem.Key == $"{key}:Match" || problem.Key == $"{key}:Match:Path") ? "/" : route.Match.Path,
            Methods = problems.Exists(problem => problem.Key.StartsWith($"{key}:Match:Methods:", StringComparison.Ordinal)) ? null : route.Match.Methods,
        },
    };

    /// <summary>The validators are asynchronous in signature only: all they look at is in memory.</summary>
    private static void Add(List<SettingError> errors, string key, ValueTask<IList<Exception>> validation) =>
        errors.AddRange(validation.AsTask().GetAwaiter().GetResult()
            .Select(exception => new SettingError(key, null, $"is refused by the proxy: {exception.Message}", "Correct it.")));
}
