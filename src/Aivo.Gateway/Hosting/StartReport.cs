using Aivo.Gateway.Http;
using Aivo.Gateway.Revocation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Aivo.Gateway.Hosting;

/// <summary>Says once, in plain words, where the gateway listens and what it promises with the store it has.</summary>
internal sealed partial class StartReport(
    GatewayOptions options, RevocationOptions revocation, IServer server, IHostEnvironment environment, IHostApplicationLifetime lifetime,
    ILogger<StartReport> logger) : IHostedService
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
            Log.InRedis(logger, revocation.Confirm
                ? "when no node can forward the session any more"
                : "before that: other nodes may forward the session for up to Revocation:Lease more (Revocation:Confirm is false)");
            if (revocation.ServeStaleFor > TimeSpan.Zero)
            {
                Log.ServesStale(logger, revocation.ServeStaleFor);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1100, LogLevel.Information, "Aivo Gateway {Version} ({Environment}) listens on {Addresses}; management on port {ManagementPort}", EventName = "GatewayStarted")]
        public static partial void Started(ILogger logger, string version, string environment, string addresses, int managementPort);

        [LoggerMessage(1101, LogLevel.Warning, "promise: a log-out holds at once. Sessions are kept in this process: they end with it, and no second node knows them", EventName = "SessionsInMemory")]
        public static partial void InMemory(ILogger logger);

        [LoggerMessage(1102, LogLevel.Information, "Sessions are kept in Redis. A log-out is answered {When}", EventName = "SessionsInRedis")]
        public static partial void InRedis(ILogger logger, string when);

        [LoggerMessage(1103, LogLevel.Warning, "promise: none while Redis is away. Requests pass for {ServeStaleFor} beyond the lease, those of sessions that have ended too (Revocation:OnStale is Serve)", EventName = "ServesStale")]
        public static partial void ServesStale(ILogger logger, TimeSpan serveStaleFor);
    }
}
