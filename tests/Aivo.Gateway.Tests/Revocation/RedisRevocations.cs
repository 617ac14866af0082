using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>The writing side of the log in Redis, as the session commit has it: numbers, keep-until and the last number in one step.</summary>
internal sealed class RedisRevocations(RedisConnection redis)
{
    private const string AppendScript = """
        local n = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
        for i = 1, #ARGV, 2 do
          n = n + 1
          redis.call('ZADD', KEYS[2], n, ARGV[i])
          redis.call('ZADD', KEYS[3], ARGV[i + 1], ARGV[i])
        end
        redis.call('HSET', KEYS[1], 'n', n)
        return n
        """;

    private readonly RedisKey[] _keys = [redis.Keys.RevocationMeta(0), redis.Keys.RevocationNumbers(0), redis.Keys.RevocationKeep(0)];

    public static RedisConnection Connect(string configuration, string prefix, TimeSpan? commandTimeout = null) => new(
        new RedisOptions
        {
            Configuration = configuration,
            KeyPrefix = prefix,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            CommandTimeout = commandTimeout ?? TimeSpan.FromSeconds(5),
            Tls = false,
            CaFile = null,
        },
        NullLogger<RedisConnection>.Instance);

    /// <summary>A log that may hold entries of earlier appends by the same prefix, and the way to append to it.</summary>
    public static (IRevocationLog Log, Func<IReadOnlyList<RevocationEntry>, Task> Append) LogOf(RedisConnection redis)
    {
        var writer = new RedisRevocations(redis);
        return (new RedisRevocationLog(redis), writer.AppendAsync);
    }

    public Task AppendAsync(IReadOnlyList<RevocationEntry> entries) => RunAsync(
        AppendScript, [.. entries.SelectMany(entry => new RedisValue[] { entry.Member, entry.KeepUntil.ToUnixTimeMilliseconds() })]);

    /// <summary>Runs a script with the keys meta, numbers and keep.</summary>
    public Task<RedisResult> RunAsync(string script, params RedisValue[] values) =>
        redis.EvaluateAsync(script, _keys, values, TestContext.Current.CancellationToken);
}
