using Aivo.Gateway.Http;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Hosting;

/// <summary>Puts the leased replica together: one sync a shard, or none where this process makes every revocation itself.</summary>
internal static class RevocationWiring
{
    public static void Add(IServiceCollection services, GatewaySettings settings)
    {
        RevocationOptions options = settings.Revocation;
        int shards = settings.Gateway.Store == StoreKind.Redis ? options.Shards : 0;
        services.AddSingleton(provider => new RevocationState(provider.GetRequiredService<TimeProvider>(), shards, options.ServeStaleFor));
        var requests = new RequestsInFlight();
        services.AddSingleton(requests);
        var tokens = new KnownTokens(settings.Tokens.CacheSize);
        services.AddSingleton(new RevocationReplicas(Math.Max(shards, 1), () => new RevocationReplica(requests.Revoke, tokens)));
        services.AddSingleton<SyncAcknowledgements>();
        services.AddSingleton<RevocationCheck>();
        services.AddSingleton<KeyRevocations>();
        services.AddSingleton<EndedSessions>();
        services.AddHostedService(provider => new RevocationDriver(
            Enumerable.Range(0, shards).Select(shard => CreateSync(provider, (ushort)shard)), provider.GetService<IRevocationLog>(),
            provider.GetRequiredService<RevocationReplicas>(), provider.GetRequiredService<RevocationState>(),
            provider.GetRequiredService<SyncAcknowledgements>(), options, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RevocationDriver>>()));
    }

    private static ShardSync CreateSync(IServiceProvider provider, ushort shard)
    {
        LogEpochs epochs = provider.GetRequiredService<LogEpochs>();
        return new ShardSync(
            shard, provider.GetRequiredService<IRevocationLog>(), provider.GetRequiredService<RevocationReplicas>()[shard],
            provider.GetRequiredService<RevocationState>(), provider.GetRequiredService<SyncAcknowledgements>(),
            provider.GetRequiredService<EndedSessions>().RestoreAsync, (followed, epoch) => epochs[followed] = epoch,
            provider.GetRequiredService<RevocationOptions>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ShardSync>>());
    }
}
