using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>The part of a node that follows the logs, where a test has stores only: an open epoch in each shard, so that commits are taken.</summary>
internal static class OpenEpochs
{
    private const int Shards = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Blocks: it is called where stores are made. An epoch that is open already, by a gateway perhaps, is followed.</summary>
    public static LogEpochs Of(RedisConnection redis) => Task.Run(() => OfAsync(redis), Token).GetAwaiter().GetResult();

    public static async Task<LogEpochs> OfAsync(RedisConnection redis, string epoch = "epoch")
    {
        var epochs = new LogEpochs(Shards);
        for (ushort shard = 0; shard < Shards; shard++)
        {
            RedisKey meta = redis.Keys.RevocationMeta(shard);
            string? open = await OpenEpochAsync(redis, meta);
            if (open is null)
            {
                await redis.EvaluateAsync(RevocationScripts.Begin, [meta, redis.Keys.RevocationLeases(shard)], ["", $"{epoch}-{shard}"], Token);
                await redis.EvaluateAsync(RevocationScripts.Open, [meta], [$"{epoch}-{shard}"], Token);
                open = await OpenEpochAsync(redis, meta);
            }

            epochs[shard] = open;
        }

        return epochs;
    }

    /// <summary>
    /// Opens epochs where a gateway is about to start on keys that nobody has used: nobody can hold a lease, so the two leases that a gateway
    /// waits before it opens one would only make tests slow. On any other data it does nothing.
    /// </summary>
    public static async Task ForNewDataAsync((string Key, string Value)[] settings)
    {
        Dictionary<string, string> known = settings.GroupBy(setting => setting.Key).ToDictionary(group => group.Key, group => group.Last().Value);
        if (!known.TryGetValue("Redis:Configuration", out string? configuration) || known.ContainsKey("Redis:Tls"))
        {
            return;
        }

        await using RedisConnection redis = Sessions.SessionSamples.ConnectTo(
            configuration, known.GetValueOrDefault("Redis:KeyPrefix", "aivo"), TimeSpan.FromSeconds(1));
        try
        {
            for (ushort shard = 0; shard < int.Parse(known.GetValueOrDefault("Revocation:Shards", "1"), System.Globalization.CultureInfo.InvariantCulture); shard++)
            {
                RedisKey meta = redis.Keys.RevocationMeta(shard);
                if ((long)await redis.EvaluateAsync("return redis.call('EXISTS', KEYS[1])", [meta], [], Token) == 0)
                {
                    await redis.EvaluateAsync(RevocationScripts.Begin, [meta, redis.Keys.RevocationLeases(shard)], ["", $"new-{shard}"], Token);
                    await redis.EvaluateAsync(RevocationScripts.Open, [meta], [$"new-{shard}"], Token);
                }
            }
        }
        catch (StoreUnavailableException)
        {
            // Redis is away, or asks for more than this: then the gateway waits.
        }
    }

    private static async Task<string?> OpenEpochAsync(RedisConnection redis, RedisKey meta) =>
        (string?)await redis.EvaluateAsync(RevocationScripts.OpenEpoch, [meta], [], Token);
}
