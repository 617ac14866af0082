using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Bench;

/// <summary>YARP as its own template starts it, without authentication and without logging: what the gateway is compared with.</summary>
internal static class PlainYarp
{
    public static async Task RunAsync(int port, string destination)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var route = new RouteConfig { RouteId = "all", ClusterId = "bench", Match = new RouteMatch { Path = "/bench/{**rest}" } };
        var cluster = new ClusterConfig
        {
            ClusterId = "bench",
            Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = destination } },
        };
        builder.Services.AddReverseProxy().LoadFromMemory([route], [cluster]);
        await using WebApplication app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
    }
}
