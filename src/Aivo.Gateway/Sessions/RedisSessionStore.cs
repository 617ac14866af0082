using System.Globalization;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Sessions;

/// <summary>Sessions that several nodes share. Redis' clock is the only one: this class has none to mix it up with.</summary>
internal sealed class RedisSessionStore(RedisConnection redis, LogEpochs epochs) : ISessionStore
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
            redis.Keys.RevocationMeta(id.Shard),
            redis.Keys.RevocationNumbers(id.Shard),
            redis.Keys.RevocationKeep(id.Shard),
            redis.Keys.RevocationLeases(id.Shard),
            redis.Keys.Session(id),
            .. write.Unindexed is { } user ? [redis.Keys.User(id.Shard, user)] : Array.Empty<RedisKey>(),
            .. write.Joined is { } joined ? [redis.Keys.TenantUsers(id.Shard, joined.Tenant)] : Array.Empty<RedisKey>(),
        ];
        string epoch = epochs.Require(id.Shard);
        RedisValue[] values =
        [
            epoch,
            write.Restores ? 1 : 0,
            expected ?? RedisValue.EmptyString,
            write.Bytes ?? RedisValue.EmptyString,
            Milliseconds(write.CollectAt),
            write.Unindexed is null ? RedisValue.EmptyString : id.ToString(),
            redis.Keys.RevocationNews(id.Shard),
            write.Joined?.User.ToString() ?? RedisValue.EmptyString,
            .. write.Revocations.SelectMany(entry => new RedisValue[] { entry.Member, Milliseconds(entry.KeepUntil) }),
        ];
        RedisResult reply = await redis.EvaluateAsync(SessionScripts.Commit, keys, values, cancellationToken);
        return (int)reply[0] switch
        {
            1 => new CommitResult(new LogCommit(id.Shard, epoch, (long)reply[1], LeaseFields.Read(reply[2])), null),
            0 => new CommitResult(null, new StoredSession((byte[]?)reply[2], Time(reply[1]))),

            // The data set is another one by now, or is being recovered: what was read may be lost, and what is written would be.
            _ => throw new StoreUnavailableException("sessions", null),
        };
    }

    private static RedisValue Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(RedisResult milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
}
