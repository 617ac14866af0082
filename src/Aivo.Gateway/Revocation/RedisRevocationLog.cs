using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Revocation;

/// <summary>The logs in Redis, shared by all nodes. One script and one round trip a sync; it also prunes a little each time.</summary>
internal sealed class RedisRevocationLog(
    RedisConnection redis, RedisSyncConnection sync, RedisOptions redisOptions, RevocationOptions options, TimeProvider timeProvider) : IRevocationLog
{
    /// <summary>Bounds what one sync costs the others: at ten syncs a second, a node still removes 1,000 a second.</summary>
    public const int MostPruned = 100;

    private static readonly SyncScript Script = new(RevocationScripts.Sync);

    public async ValueTask<SyncReply> SyncAsync(ushort shard, SyncRequest request, bool withLeases, CancellationToken cancellationToken)
    {
        RedisKey[] keys =
        [
            redis.Keys.RevocationMeta(shard), redis.Keys.RevocationNumbers(shard), redis.Keys.RevocationKeep(shard), redis.Keys.RevocationLeases(shard),
        ];
        RedisValue[] values =
        [
            request.Epoch ?? RedisValue.EmptyString, request.Node, request.Sequence, request.Applied,
            SyncReply.MostEntries, MostPruned, withLeases ? 1 : 0,
            timeProvider.GetUtcNow().ToUnixTimeMilliseconds(),
        ];
        (RedisResult reply, bool acknowledged) = await sync.EvaluateAsync(
            Script, keys, values, redisOptions.WaitReplicas, options.Lease / 2, cancellationToken);
        string? epoch = (string?)reply[1];
        return (int)reply[0] switch
        {
            0 => new SyncReply { Outcome = SyncOutcome.BeginNeeded, Epoch = epoch },
            1 => new SyncReply { Outcome = SyncOutcome.OtherEpoch, Epoch = epoch },
            _ => new SyncReply
            {
                Outcome = SyncOutcome.Read,
                Epoch = epoch,
                Open = (int)reply[2] == 1,
                Since = (long)reply[3],
                Floor = (long)reply[4],
                Last = (long)reply[5],
                Reached = (long)reply[6],
                ServerTime = Time((long)reply[7]),
                Entries = Entries(reply[8], reply[9], Time((long)reply[7])),
                Leases = withLeases ? LeaseFields.Read(reply[10]) : null,
                Acknowledged = acknowledged,
            },
        };
    }

    public async ValueTask BeginAsync(ushort shard, string? found, CancellationToken cancellationToken)
    {
        string epoch = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await redis.EvaluateAsync(
            RevocationScripts.Begin, [redis.Keys.RevocationMeta(shard), redis.Keys.RevocationLeases(shard)],
            [found ?? RedisValue.EmptyString, epoch], cancellationToken);
    }

    public ValueTask OpenAsync(ushort shard, string epoch, CancellationToken cancellationToken) =>
        WriteAsync(RevocationScripts.Open, [redis.Keys.RevocationMeta(shard)], [epoch], cancellationToken);

    public async ValueTask<LogCommit> AppendAsync(
        ushort shard, string epoch, IReadOnlyList<RevocationEntry> entries, bool restores, CancellationToken cancellationToken)
    {
        RedisResult reply = await redis.EvaluateAsync(
            RevocationScripts.AppendEntries,
            [
                redis.Keys.RevocationMeta(shard), redis.Keys.RevocationNumbers(shard), redis.Keys.RevocationKeep(shard),
                redis.Keys.RevocationLeases(shard),
            ],
            [
                epoch, restores ? 1 : 0, redis.Keys.RevocationNews(shard),
                .. entries.SelectMany(entry => new RedisValue[] { entry.Member, entry.KeepUntil.ToUnixTimeMilliseconds() }),
            ],
            cancellationToken);
        return (int)reply[0] == 1
            ? new LogCommit(shard, epoch, (long)reply[1], LeaseFields.Read(reply[2]))
            : throw new StoreUnavailableException("revocations", null);
    }

    public ValueTask LowerSinceAsync(ushort shard, string epoch, long since, CancellationToken cancellationToken) => WriteAsync(
        RevocationScripts.LowerSince, [redis.Keys.RevocationMeta(shard)], [epoch, since], cancellationToken);

    public ValueTask RemoveAsync(ushort shard, string epoch, ImmutableArray<LeaseField> silent, CancellationToken cancellationToken) => WriteAsync(
        RevocationScripts.RemoveLeases, [redis.Keys.RevocationMeta(shard), redis.Keys.RevocationLeases(shard)],
        [epoch, .. silent.SelectMany(field => new RedisValue[] { field.Node, LeaseFields.Write(field) })], cancellationToken);

    public ValueTask LeaveAsync(ushort shard, string epoch, string node, CancellationToken cancellationToken) => WriteAsync(
        RevocationScripts.RemoveLeases, [redis.Keys.RevocationMeta(shard), redis.Keys.RevocationLeases(shard)],
        [epoch, node, RedisValue.EmptyString], cancellationToken);

    /// <summary>The epoch of a shard that is open, for a process that follows no log; null where there is none.</summary>
    public static async Task<string?> OpenEpochAsync(RedisConnection redis, ushort shard, CancellationToken cancellationToken) =>
        (string?)await redis.EvaluateAsync(
            RevocationScripts.OpenEpoch, [redis.Keys.RevocationMeta(shard)], [], cancellationToken);

    public void AskForPrimary() => sync.Renew(options.Lease);

    public void OnNews(Action<ushort> news)
    {
        for (ushort shard = 0; shard < options.Shards; shard++)
        {
            ushort named = shard;
            sync.Subscribe(redis.Keys.RevocationNews(shard), () => news(named));
        }
    }

    private async ValueTask WriteAsync(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        if ((int)await redis.EvaluateAsync(script, keys, values, cancellationToken) != 1)
        {
            throw new StoreUnavailableException("revocations", null);
        }
    }

    /// <exception cref="InvalidDataException">
    /// A member that this release cannot read. Skipping it would forward what it revokes, so the sync fails and the node answers 503:
    /// a new kind of entry has to be readable by every node before any node writes it.
    /// </exception>
    private static RevocationEntry[] Entries(RedisResult membersFound, RedisResult keepFound, DateTimeOffset now)
    {
        var members = (string[])membersFound!;
        var keep = (RedisResult[])keepFound!;
        var entries = new RevocationEntry[members.Length];
        for (int index = 0; index < members.Length; index++)
        {
            DateTimeOffset keepUntil = keep[index].IsNull
                ? now + RevocationOptions.Retention
                : Time((long)double.Parse((string)keep[index]!, CultureInfo.InvariantCulture));
            if (!RevocationEntry.TryParse(members[index], keepUntil, out entries[index]))
            {
                throw new InvalidDataException("The revocation log holds a member that this release cannot read.");
            }
        }

        return entries;
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
