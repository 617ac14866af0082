using Aivo.Gateway.Primitives;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>Every key name. All keys of one shard share a hash tag, so that one script can touch them all (Redis Cluster).</summary>
internal sealed class RedisKeys(string prefix)
{
    /// <summary>A session's record, live or tombstone.</summary>
    public RedisKey Session(SessionId id) => $"{prefix}:{{{id.Shard}}}:session:{id}";

    /// <summary>Hash: the user's epoch, and its sessions with the times of each.</summary>
    public RedisKey User(ushort shard, UserId user) => $"{prefix}:{{{shard}}}:user:{user}";

    /// <summary>Set: the users of a tenant who have logged in on this shard. A list of whom to look at: a user may have moved since.</summary>
    public RedisKey TenantUsers(ushort shard, TenantId tenant) => $"{prefix}:{{{shard}}}:tenant:{tenant}";

    /// <summary>
    /// Hash: <c>epoch</c> (random), the <c>replid</c> it was begun under, <c>open</c>, <c>n</c> (the last number), <c>since</c> and its
    /// <c>floor</c> (Unix seconds).
    /// </summary>
    public RedisKey RevocationMeta(ushort shard) => $"{prefix}:{{{shard}}}:revocation:meta";

    /// <summary>Sorted set: revocation entry by its number. Everything above a node's cursor is its delta.</summary>
    public RedisKey RevocationNumbers(ushort shard) => $"{prefix}:{{{shard}}}:revocation:z";

    /// <summary>Sorted set: revocation entry by its keep-until, in Unix milliseconds.</summary>
    public RedisKey RevocationKeep(ushort shard) => $"{prefix}:{{{shard}}}:revocation:k";

    /// <summary>Hash: a node that may hold a lease, with <c>sequence:applied</c>. No TTL: Redis' clock may jump.</summary>
    public RedisKey RevocationLeases(ushort shard) => $"{prefix}:{{{shard}}}:revocation:lease";

    /// <summary>The channel that tells of new revocations. It only wakes nodes early.</summary>
    public string RevocationNews(ushort shard) => $"{prefix}:{{{shard}}}:revocation:news";

    /// <summary>A counter of log-in attempts; <paramref name="subject"/> is a hash, never an e-mail address.</summary>
    public RedisKey Attempts(string subject) => $"{prefix}:attempts:{subject}";

    /// <summary>
    /// Hash: the windows of one subject under one rate limit. In a Redis Cluster all limits of one subject share a slot, so that one script
    /// can count a request in several of them.
    /// </summary>
    public RedisKey RateCounters(string limit, string subject) => $"{prefix}:{{{subject}}}:rate:{limit}";

    /// <summary>A channel on which nobody listens: whether it can be published to says so of every channel with the prefix.</summary>
    public RedisChannel InspectionChannel => RedisChannel.Literal($"{prefix}:inspection");
}
