using System.Diagnostics;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Aivo.Gateway.Forwarding;

/// <summary>A request to try routes with; nothing is sent.</summary>
/// <param name="Path">As in a request line, without the query.</param>
/// <param name="Query">With its question mark, or empty.</param>
internal sealed record TriedRequest(string Method, string Path, string Query, string Host, IReadOnlyList<KeyValuePair<string, string>> Headers);

/// <summary>Where a request would go.</summary>
/// <param name="Route">The route's name, or null.</param>
/// <param name="Refusal">Why it would go nowhere, or who else answers; null where there is a route.</param>
/// <param name="Values">The path's parameters.</param>
internal sealed record RouteChoice(string? Route, string? Refusal, IReadOnlyList<KeyValuePair<string, string>> Values);

/// <summary>
/// Asks the framework's own routing, with the proxy's own matchers, which of some routes a request takes. Only what matters to matching
/// is handed over: no socket is opened and no destination asked.
/// </summary>
internal static class RouteTrial
{
    private const string Own = "aivo-gateway";

    private static readonly ClusterConfig Nowhere = new() { ClusterId = "nowhere" };

    public static RouteChoice Choose(IReadOnlyList<RouteConfig> routes, TriedRequest request)
    {
        using ServiceProvider services = Services([.. routes.Select(route => new RouteConfig
        {
            RouteId = route.RouteId, Match = route.Match, Order = route.Order, ClusterId = Nowhere.ClusterId,
        })]);
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.Use((RequestDelegate _) => _ => Task.CompletedTask);
        app.UseEndpoints(endpoints =>
        {
            endpoints.Map("/auth/v1/{**rest}", _ => Task.CompletedTask).WithDisplayName(Own);
            endpoints.MapGet("/.well-known/jwks.json", _ => Task.CompletedTask).WithDisplayName(Own);
            endpoints.MapReverseProxy();
        });
        HttpContext context = ContextOf(request, services);
        try
        {
            // Routing has nothing to wait for; anything else would be a fault, not a wait.
            app.Build()(context).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception.GetType().Name == "AmbiguousMatchException")
        {
            return new RouteChoice(null, "several routes match and none comes first: 500", []);
        }

        return ChoiceIn(context);
    }

    /// <summary>Which of the route's conditions the request does not meet; null where it meets all.</summary>
    public static string? Unmet(RouteConfig route, TriedRequest request)
    {
        // The same route again and again, each time asked less of: the first that matches shows what the one before asked too much.
        (string Asked, RouteMatch Match)[] stages =
        [
            ("", route.Match),
            ("a query parameter", route.Match with { QueryParameters = null }),
            ("a header", route.Match with { QueryParameters = null, Headers = null }),
            ("the method", route.Match with { QueryParameters = null, Headers = null, Methods = null }),
            ("the host", route.Match with { QueryParameters = null, Headers = null, Methods = null, Hosts = null, Path = route.Match.Path ?? "/{**all}" }),
        ];
        foreach ((string asked, RouteMatch match) in stages)
        {
            if (Choose([new RouteConfig { RouteId = "tried", Match = match, Order = -1 }], request).Route is not null)
            {
                return asked.Length == 0 ? null : $"{asked} does not match";
            }
        }

        return "the path does not match";
    }

    private static ServiceProvider Services(IReadOnlyList<RouteConfig> routes)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
#pragma warning disable CA2000 // The container disposes of it.
        services.AddSingleton(new DiagnosticListener("Aivo.Gateway.Routes"));
#pragma warning restore CA2000
        services.AddSingleton<DiagnosticSource>(provider => provider.GetRequiredService<DiagnosticListener>());
        services.AddReverseProxy().LoadFromMemory(routes, [Nowhere]);
        return services.BuildServiceProvider();
    }

    private static DefaultHttpContext ContextOf(TriedRequest request, IServiceProvider services)
    {
        var context = new DefaultHttpContext { RequestServices = services };
        context.Request.Method = request.Method;
        context.Request.Scheme = Uri.UriSchemeHttp;
        context.Request.Host = new HostString(request.Host);
        context.Request.Path = PathString.FromUriComponent(request.Path);
        context.Request.QueryString = new QueryString(request.Query);
        foreach ((string name, string value) in request.Headers)
        {
            context.Request.Headers.Append(name, value);
        }

        return context;
    }

    private static RouteChoice ChoiceIn(HttpContext context) => context.GetEndpoint() switch
    {
        null => new RouteChoice(null, "no route matches: 404", []),
        { DisplayName: Own } => new RouteChoice(null, "the gateway answers it itself", []),
        var endpoint when endpoint.Metadata.GetMetadata<RouteModel>() is { } route => new RouteChoice(route.Config.RouteId, null,
            [.. context.Request.RouteValues.Select(value => KeyValuePair.Create(value.Key, value.Value?.ToString() ?? ""))]),
        _ => new RouteChoice(null, "the path is there for other methods: 405", []),
    };
}
