using System.Globalization;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Sessions;

/// <summary>Sessions that several nodes share. Redis' clock is the only one: this class has none to mix it up with.</summary>
internal sealed class RedisSessionStore(RedisConnection redis) : ISessionStore
{
    public async ValueTask<StoredSession> ReadAsync(SessionId id, CancellationToken cancellationToken)
    {
        RedisResult reply = await redis.EvaluateAsync(SessionScripts.Read, [redis.Keys.Session(id)], [], cancellationToken);
        return new StoredSession((byte[]?)reply[0], Time(reply[1]));
    }

    public async ValueTask<IReadOnlyList<StoredSession>> ReadManyAsync(IReadOnlyList<SessionId> ids, CancellationToken cancellationToken)
    {
        var sessions = new StoredSession[ids.Count];
        await Task.WhenAll(Enumerable.Range(0, ids.Count).GroupBy(index => ids[index].Shard).Select(shard => ReadShardAsync([.. shard])));
        return sessions;

        async Task ReadShardAsync(int[] indices)
        {
            RedisKey[] keys = [.. indices.Select(index => redis.Keys.Session(ids[index]))];
            RedisResult reply = await redis.EvaluateAsync(SessionScripts.ReadMany, keys, [], cancellationToken);
            DateTimeOffset now = Time(reply[0]);
            for (int position = 0; position < indices.Length; position++)
            {
                sessions[indices[position]] = new StoredSession((byte[]?)reply[1][position], now);
            }
        }
    }

    public async ValueTask<CommitResult> CommitAsync(SessionId id, byte[]? expected, SessionWrite write, CancellationToken cancellationToken)
    {
        RedisKey[] keys =
        [
            redis.Keys.Session(id),
            redis.Keys.RevocationMeta(id.Shard),
            redis.Keys.RevocationNumbers(id.Shard),
            redis.Keys.RevocationKeep(id.Shard),
            .. write.Unindexed is { } user ? [redis.Keys.User(id.Shard, user)] : Array.Empty<RedisKey>(),
        ];
        RedisValue[] values =
        [
            expected ?? RedisValue.EmptyString,
            write.Bytes ?? RedisValue.EmptyString,
            Milliseconds(write.CollectAt),
            write.Unindexed is null ? RedisValue.EmptyString : id.ToString(),
            .. write.Revocations.SelectMany(entry => new RedisValue[] { entry.Member, Milliseconds(entry.KeepUntil) }),
        ];
        RedisResult reply = await redis.EvaluateAsync(SessionScripts.Commit, keys, values, cancellationToken);
        return (int)reply[0] == 1
            ? new CommitResult((long)reply[1], null)
            : new CommitResult(0, new StoredSession((byte[]?)reply[2], Time(reply[1])));
    }

    private static RedisValue Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(RedisResult milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
}
