using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>One gateway with headers for every answer and a route for each way to handle requests.</summary>
public sealed class HandlingGateway : IAsyncLifetime
{
    internal RecordingDestination Destination { get; private set; } = null!;

    internal GatewayProcess Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Destination = await RecordingDestination.StartAsync(context =>
        {
            context.Response.Headers["X-Request-Id"] = "of-the-destination";
            context.Response.Headers["X-Frame-Options"] = "SAMEORIGIN";
            return context.Response.WriteAsync("ok");
        });
        List<(string, string)> settings =
        [
            ("ReverseProxy:Clusters:own:Destinations:one:Address", Destination.Address),
            ("ReverseProxy:Routes:shut:Metadata:Maintenance", "true"),
            ("ReverseProxy:Routes:closing:Metadata:Maintenance", "120"),
            ("ReverseProxy:Routes:reopened:Metadata:Maintenance", "false"),
            ("ReverseProxy:Routes:listed:Match:Methods:0", "GET"),
            ("ReverseProxy:Routes:listed:Match:Methods:1", "PUT"),
            ("ReverseProxy:Routes:odd:Metadata:Paths", "canonical"),
            ("ReverseProxy:Routes:unreachable:ClusterId", "nowhere"),
            ("ReverseProxy:Clusters:nowhere:Destinations:one:Address", $"http://127.0.0.1:{FreePort.Next()}/"),
            ("Headers:Response:Strict-Transport-Security", "max-age=31536000"),
            ("Headers:Response:X-Content-Type-Options", "nosniff"),
            ("Headers:Response:X-Frame-Options", "DENY"),
        ];
        foreach ((string route, string policy) in new[]
        {
            ("plain", "anonymous"), ("shut", "default"), ("closing", "anonymous"), ("reopened", "anonymous"), ("listed", "anonymous"), ("odd", "anonymous"),
            ("unreachable", "anonymous"), ("closed", "default"),
        })
        {
            settings.Add(($"ReverseProxy:Routes:{route}:AuthorizationPolicy", policy));
            settings.Add(($"ReverseProxy:Routes:{route}:Match:Path", $"/{route}/{{**rest}}"));
            if (route != "unreachable")
            {
                settings.Add(($"ReverseProxy:Routes:{route}:ClusterId", "own"));
            }
        }

        Gateway = await GatewayProcess.StartAsync([.. settings]);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Destination.DisposeAsync();
    }
}
