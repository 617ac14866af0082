using Aivo.Gateway.Http;
using Microsoft.AspNetCore.Cors;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Aivo.Gateway.Forwarding;

/// <summary>Composes the proxy: what it is made of, and the order in which one request passes through it.</summary>
internal static class ForwardingSetup
{
    /// <summary>YARP's own section, in its own shape.</summary>
    public const string Section = "ReverseProxy";

    /// <summary>Registers the proxy. A <see cref="ForwardingHooks"/> and what <see cref="ForwardedRequests"/> needs must be registered beside it.</summary>
    /// <param name="configuration">The whole configuration, with which to start; a <see cref="ProxyConfiguration"/> takes the routes of later ones.</param>
    /// <param name="sampleDestination">Whether the sample destination runs in the process (Development).</param>
    public static IServiceCollection AddForwarding(
        this IServiceCollection services, IConfiguration configuration, HeadersOptions headers, bool sampleDestination)
    {
        services.AddSingleton(new HeaderCleaning(headers));
        services.AddSingleton<CompiledRoutes>();
        services.AddSingleton<ForwardedRequests>();
        services.AddSingleton<RateLimitedRoutes>();
        services.AddSingleton<ConnectRetry>();
        services.AddSingleton<IDrainStep, StreamDrain>();
        services.AddHostedService<StreamWatch>();
        if (sampleDestination)
        {
            services.AddSingleton<SampleDestination>();
            services.AddHostedService(provider => provider.GetRequiredService<SampleDestination>());
        }

        services.AddSingleton(provider => new ProxyConfiguration(
            configuration, headers, provider.GetRequiredService<CompiledRoutes>(), provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<SampleDestination>()));
        services.AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<ProxyConfiguration>());
        services.AddSingleton<IConfigChangeListener>(provider => provider.GetRequiredService<ProxyConfiguration>());
        services.AddReverseProxy()
            // The client's own tracing makes an activity per request to write one header; DestinationTransforms writes it.
            .ConfigureHttpClient((client, handler) =>
            {
                handler.ActivityHeadersPropagator = null;
                DestinationTls.Apply(client.NewMetadata, handler);
            })
            .AddTransforms(DestinationTransforms.Add);
        return services;
    }

    /// <summary>Maps the configured routes. Loads them at once: a wrong route stops the start.</summary>
    /// <exception cref="InvalidOperationException">The configuration does not hold; <see cref="RefusedRoutes"/> lists the reasons.</exception>
    public static void MapForwarding(this IEndpointRouteBuilder endpoints)
    {
        var requests = endpoints.ServiceProvider.GetRequiredService<ForwardedRequests>();
        var retry = endpoints.ServiceProvider.GetRequiredService<ConnectRetry>();
        var compiled = endpoints.ServiceProvider.GetRequiredService<CompiledRoutes>();
        endpoints
            .MapReverseProxy(proxy =>
            {
                proxy.UseMiddleware<ForwardingMiddleware>();
                proxy.UseSessionAffinity();
                proxy.Use((context, next) => retry.ForwardAsync(context, next)); // after affinity, whose one destination is not given up
                proxy.UseLoadBalancing();
                proxy.UsePassiveHealthChecks();
                // Last: the balancer may ask a remote store one day, and a revocation must not slip in between.
                proxy.Use((context, next) => requests.ForwardAsync(context, next));
            })
            .Add(endpoint => AttachRules(endpoint, compiled));
    }

    /// <summary>The messages inside what <see cref="MapForwarding"/> threw, one for each problem.</summary>
    public static IReadOnlyList<string> RefusedRoutes(Exception exception) => exception switch
    {
        InvalidRouteException route => [.. route.Problems.Select(problem => problem.ToString())],
        AggregateException several => [.. several.InnerExceptions.SelectMany(RefusedRoutes)],
        { InnerException: { } inner } => RefusedRoutes(inner),
        _ => [exception.Message],
    };

    private static void AttachRules(EndpointBuilder endpoint, CompiledRoutes compiled)
    {
        RouteRules rules = compiled.RulesOf(endpoint.Metadata.OfType<RouteModel>().Single().Config);
        endpoint.Metadata.Add(rules);
        if (rules.Policy is not null)
        {
            endpoint.Metadata.Add(rules.Policy);
        }

        if (rules.Cors is not null)
        {
            endpoint.Metadata.Add(new CorsPolicyMetadata(rules.Cors.ToPolicy()));
        }

        if (rules.Handling.CanonicalPaths)
        {
            endpoint.Metadata.Add(CanonicalPathMetadata.Instance);
        }

        if (rules.Handling.Maintenance is { } wait)
        {
            endpoint.Metadata.Add(new MaintenanceMetadata(wait));
        }

        if (rules.WebSocketToken)
        {
            endpoint.Metadata.Add(WebSocketTokenMetadata.Instance);
        }
    }
}
