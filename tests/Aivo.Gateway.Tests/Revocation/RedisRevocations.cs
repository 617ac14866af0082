using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>One shard's log in Redis, and its writing side as a test needs it.</summary>
internal sealed class RedisRevocations : IAsyncDisposable
{
    private readonly RedisSyncConnection _sync;
    private readonly RedisKey[] _keys;

    public RedisRevocations(string configuration, string prefix, TimeSpan? commandTimeout = null, int waitReplicas = 0, RevocationOptions? options = null)
    {
        var redisOptions = new RedisOptions
        {
            Configuration = configuration,
            KeyPrefix = prefix,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            CommandTimeout = commandTimeout ?? TimeSpan.FromSeconds(5),
            Tls = false,
            CaFile = null,
            WaitReplicas = waitReplicas,
        };
        var servers = new RedisServers(redisOptions, NullLogger<RedisServers>.Instance);
        Redis = new RedisConnection(redisOptions, servers, NullLogger<RedisConnection>.Instance);
        _sync = new RedisSyncConnection(redisOptions, servers, TimeProvider.System, NullLogger<RedisSyncConnection>.Instance);
        Log = new RedisRevocationLog(Redis, _sync, redisOptions, options ?? new RevocationOptions { SyncInterval = TimeSpan.FromMilliseconds(50), Lease = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        _keys =
        [
            Redis.Keys.RevocationMeta(0), Redis.Keys.RevocationNumbers(0), Redis.Keys.RevocationKeep(0), Redis.Keys.RevocationLeases(0),
        ];
    }

    public RedisConnection Redis { get; }

    public RedisRevocationLog Log { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Begins and opens an epoch where there is none that is open, and returns it.</summary>
    public async Task<string> OpenAsync()
    {
        SyncReply reply = await SyncAsync(null);
        if (reply.Outcome == SyncOutcome.BeginNeeded)
        {
            await Log.BeginAsync(0, reply.Epoch, Cancellation);
            reply = await SyncAsync(null);
        }

        await Log.OpenAsync(0, reply.Epoch!, Cancellation);
        return reply.Epoch!;
    }

    public ValueTask<SyncReply> SyncAsync(string? epoch, long applied = 0, long sequence = 1, string node = "test", bool withLeases = false) =>
        Log.SyncAsync(0, new SyncRequest(epoch, node, sequence, applied), withLeases, Cancellation);

    public async Task<LogCommit> AppendAsync(params RevocationEntry[] entries)
    {
        string epoch = await OpenAsync();
        LogCommit last = new(0, epoch, 0, []);
        foreach (RevocationEntry[] page in entries.Chunk(1_000))
        {
            last = await Log.AppendAsync(0, epoch, page, restores: false, Cancellation);
        }

        return last;
    }

    /// <summary>Runs a script with the keys meta, numbers, keep and leases.</summary>
    public Task<RedisResult> RunAsync(string script, params RedisValue[] values) => Redis.EvaluateAsync(script, _keys, values, Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _sync.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
