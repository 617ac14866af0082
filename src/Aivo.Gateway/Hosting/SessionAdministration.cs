using System.Diagnostics.Metrics;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Hosting;

/// <summary>Ends sessions without a gateway, for the command line: the nodes learn of it as they learn of each other's ends.</summary>
internal static class SessionAdministration
{
    /// <returns>How many sessions ended; null where they are in the memory of the gateway's own process.</returns>
    /// <exception cref="ConfigurationRefusedException">The configuration has errors in <c>Redis</c>.</exception>
    /// <exception cref="StoreUnavailableException">Some may be left: the call is to be repeated.</exception>
    public static async Task<int?> EndAsync(string? configFile, UserId user, CancellationToken cancellationToken)
    {
        var report = new SettingReport();
        string environment = ConfigurationSources.EnvironmentName;
        IConfigurationRoot configuration = ConfigurationSources.Build(environment, AppContext.BaseDirectory, configFile, report);
        GatewaySettings settings = GatewaySettings.Read(configuration, ConfigurationSources.IsDevelopment(environment), report);
        if (settings.Gateway.Store != StoreKind.Redis)
        {
            return null;
        }

        SettingError[] errors = [.. report.Errors.Where(error => error.Key.StartsWith("Redis:", StringComparison.Ordinal))];
        if (errors.Length > 0)
        {
            throw new ConfigurationRefusedException(errors);
        }

        await using var servers = new RedisServers(settings.Redis, NullLogger<RedisServers>.Instance);
        await using var redis = new RedisConnection(settings.Redis, servers, NullLogger<RedisConnection>.Instance);
        ushort shard = user.ShardOf(settings.Revocation.Shards);
        var epochs = new LogEpochs(settings.Revocation.Shards) { [shard] = await RedisRevocationLog.OpenEpochAsync(redis, shard, cancellationToken) };
        var store = new RedisSessionStore(redis, epochs);
        await using ServiceProvider meters = new ServiceCollection().AddMetrics().BuildServiceProvider(); // nobody collects them
        var transactions = new SessionTransactions(
            store, settings.Sessions, RevocationOptions.Retention, new GatewayMetrics(meters.GetRequiredService<IMeterFactory>()), NullLogger<SessionTransactions>.Instance,
            TimeProvider.System);
        var sessions = new UserSessions(store, new RedisSessionIndex(redis, epochs), transactions, settings.Sessions, NullLogger<UserSessions>.Instance);
        int ended = 0;
        await sessions.EndAsync(
            user, shard, null, null, EndReason.UserDisabled,
            (_, end) => Interlocked.Add(ref ended, end.Outcome == EndOutcome.Ended ? 1 : 0), cancellationToken);

        // Whoever has not applied these ends by then has no lease any more, as long as the log is still the one that took them.
        await Task.Delay(settings.Revocation.Lease, TimeProvider.System, cancellationToken);
        return await RedisRevocationLog.OpenEpochAsync(redis, shard, cancellationToken) == epochs[shard]
            ? ended
            : throw new StoreUnavailableException("revocations", null);
    }
}
