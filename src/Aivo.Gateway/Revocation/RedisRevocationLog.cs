using System.Globalization;
using System.Security.Cryptography;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Revocation;

/// <summary>The log in Redis, shared by all nodes. One script and one round trip a read; it also prunes a little each time.</summary>
internal sealed class RedisRevocationLog(RedisConnection redis) : IRevocationLog
{
    /// <summary>Bounds what one sync costs the others: at ten syncs a second, a node still removes 1,000 a second.</summary>
    public const int MostPruned = 100;

    private const ushort Shard = 0;

    private readonly RedisKey[] _keys =
        [redis.Keys.RevocationMeta(Shard), redis.Keys.RevocationNumbers(Shard), redis.Keys.RevocationKeep(Shard)];

    public bool IsShared => true;

    public async ValueTask<RevocationDelta> ReadAsync(long cursor, CancellationToken cancellationToken)
    {
        string candidate = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        RedisResult reply = await redis.EvaluateAsync(
            RevocationScripts.Sync, _keys, [candidate, cursor, RevocationDelta.MostEntries, MostPruned], cancellationToken);
        return new RevocationDelta(
            (string)reply[0]!, (long)reply[1], (long)reply[2], Entries(reply), DateTimeOffset.FromUnixTimeMilliseconds((long)reply[3]));
    }

    /// <exception cref="InvalidDataException">
    /// A member that this release cannot read. Skipping it would forward what it revokes, so the sync fails and the node answers 503:
    /// a new kind of entry has to be readable by every node before any node writes it.
    /// </exception>
    private static RevocationEntry[] Entries(RedisResult reply)
    {
        var members = (string[])reply[4]!;
        var keep = (RedisResult[])reply[5]!;
        DateTimeOffset unknown = DateTimeOffset.FromUnixTimeMilliseconds((long)reply[3]) + RevocationOptions.Retention;
        var entries = new RevocationEntry[members.Length];
        for (int index = 0; index < members.Length; index++)
        {
            DateTimeOffset keepUntil = keep[index].IsNull
                ? unknown
                : DateTimeOffset.FromUnixTimeMilliseconds((long)double.Parse((string)keep[index]!, CultureInfo.InvariantCulture));
            if (!RevocationEntry.TryParse(members[index], keepUntil, out entries[index]))
            {
                throw new InvalidDataException("The revocation log holds a member that this release cannot read.");
            }
        }

        return entries;
    }
}
