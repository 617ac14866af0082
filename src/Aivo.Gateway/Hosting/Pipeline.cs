using Aivo.Gateway.Endpoints;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Hosting;

/// <summary>The order of middleware; each step carries its reason.</summary>
internal static class Pipeline
{
    public static void Configure(WebApplication app)
    {
        app.Services.GetRequiredService<TraceContext>();
        GatewayOptions options = app.Services.GetRequiredService<GatewayOptions>();
        HostAllowList hosts = app.Services.GetRequiredService<HostAllowList>();

        // Told apart by the connection's own port: a Host header can be forged, the socket cannot (docs/adr/0006).
        app.MapWhen(context => context.Connection.LocalPort == options.ManagementPort, ConfigureManagement);

        app.UseMiddleware<ResponseHeaders>();       // before anything can answer
        if (options.AccessLog)
        {
            app.UseMiddleware<AccessLog>();         // outermost of what looks at the request: sees the final status of everything below
        }

        app.UseMiddleware<ErrorHandler>();          // turns whatever is thrown below into the contract's answer
        // Host, method, raw path and framing: before anything reads the request.
        app.UseMiddleware<RequestGate>(hosts, (Func<HttpContext, Denial, Task>)DenialResponse.WriteAsync);
        app.UseTrustedForwarding(options.TrustedProxies, hosts); // the client's address, from configured proxies only
        app.UseRouting();
        // Only here it is known whether the endpoint takes a path that had to be made canonical.
        app.UseMiddleware<CanonicalPaths>((Func<HttpContext, Denial, Task>)DenialResponse.WriteAsync);
        app.UseMiddleware<UnansweredRequests>();    // 404 and 405 in the contract's shape
        app.UseCors();                              // before authorization: a preflight carries no token
        app.UseMiddleware<Maintenance>();           // before anybody asks who calls
        RateLimitedRoutes limits = app.Services.GetRequiredService<RateLimitedRoutes>();
        app.Use(limits.BeforeAuthenticationAsync);  // after CORS, so that a browser may read the refusal
        app.UseRequestTimeouts();                   // the timeouts that routes configure
        app.UseAuthorization();                     // authenticates by the endpoint's policy, then decides
        app.Use(limits.AfterAuthenticationAsync);   // limits that have to know who calls
        app.MapAuth();
        app.MapKeySet();
        app.MapForwarding();
    }

    private static void ConfigureManagement(IApplicationBuilder management)
    {
        management.UseMetricsEndpoint("/metrics");
        management.Run(context => context.Request.Path.Value switch
        {
            "/health/live" => HealthEndpoints.LiveAsync(context),
            "/health/ready" => context.RequestServices.GetRequiredService<HealthEndpoints>().ReadyAsync(context),
            _ => DenialResponse.WriteAsync(context, Denial.NotFound),
        });
    }
}
