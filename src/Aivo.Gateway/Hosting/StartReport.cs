using Aivo.Gateway.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Aivo.Gateway.Hosting;

/// <summary>Says once, in plain words, where the gateway listens and what it promises with the store it has.</summary>
internal sealed partial class StartReport(
    GatewayOptions options, IServer server, IHostEnvironment environment, IHostApplicationLifetime lifetime, ILogger<StartReport> logger) : IHostedService
{
    public static string Version => typeof(StartReport).Assembly.GetName().Version!.ToString(3);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(Write);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Write()
    {
        string addresses = string.Join(", ", server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []);
        Log.Started(logger, Version, environment.EnvironmentName, addresses, options.ManagementPort);
        if (options.Store == StoreKind.Memory)
        {
            Log.InMemory(logger);
        }
        else
        {
            Log.InRedis(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1100, LogLevel.Information, "Aivo Gateway {Version} ({Environment}) listens on {Addresses}; management on port {ManagementPort}", EventName = "GatewayStarted")]
        public static partial void Started(ILogger logger, string version, string environment, string addresses, int managementPort);

        [LoggerMessage(1101, LogLevel.Warning, "promise: a log-out holds at once. Sessions are kept in this process: they end with it, and no second node knows them", EventName = "SessionsInMemory")]
        public static partial void InMemory(ILogger logger);

        [LoggerMessage(1102, LogLevel.Information, "Sessions are kept in Redis. A log-out holds on this node at once, on others within Revocation:SyncInterval, or Revocation:Lease when they cannot reach Redis", EventName = "SessionsInRedis")]
        public static partial void InRedis(ILogger logger);
    }
}
