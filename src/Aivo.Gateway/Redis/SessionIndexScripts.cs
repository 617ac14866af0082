namespace Aivo.Gateway.Redis;

/// <summary>
/// Scripts on a user's key: a hash of <c>raised</c> and <c>epoch</c> (the log's number and epoch at the last raise of the user's epoch) and
/// of one entry per session. A clock is in Unix milliseconds, rounded down.
/// </summary>
internal static class SessionIndexScripts
{
    /// <summary>
    /// Stores and indexes a session. KEYS: the revocations' meta, the record, the user, the tenant's users (one hash tag). ARGV: the epoch and
    /// the number of the position read before the password was verified; the record's bytes, the Unix millisecond at which it may be collected,
    /// the session's id, its entry, the time of creation as the caller estimates it, by how much that may be off, the user's id, the most
    /// sessions. Returns -1 (fenced), 0 (the user's epoch does not stand), 1 (done), 2 (the estimate is off) or 3 (there is a record); the
    /// clock; and, done with more sessions than the most, the whole hash.
    /// </summary>
    /// <remarks>
    /// A log of another epoch, or behind the position, has lost writes, a raise perhaps among them, so nothing can be said. A raise under
    /// another epoch came before everything of this one. The keys' TTLs only collect garbage.
    /// </remarks>
    public const string Create = RevocationScripts.Fence + """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local held = redis.call('HMGET', KEYS[3], 'raised', 'epoch')
        local position = tonumber(ARGV[2])
        if meta[1] ~= ARGV[1] or tonumber(meta[4] or '0') < position or (held[2] == meta[1] and tonumber(held[1]) > position) then
          return {0, now}
        end
        if fenced(false) then return {-1, now} end
        if math.abs(now - tonumber(ARGV[7])) > tonumber(ARGV[8]) then return {2, now} end
        if redis.call('EXISTS', KEYS[2]) == 1 then return {3, now} end
        redis.call('SET', KEYS[2], ARGV[3], 'PXAT', ARGV[4])
        redis.call('HSET', KEYS[3], ARGV[5], ARGV[6])
        redis.call('SADD', KEYS[4], ARGV[9])
        for i = 3, 4 do
          local left = redis.call('PTTL', KEYS[i])
          if left < 0 or now + left < tonumber(ARGV[4]) then redis.call('PEXPIREAT', KEYS[i], ARGV[4]) end
        end
        if redis.call('HLEN', KEYS[3]) - (held[1] and 2 or 0) > tonumber(ARGV[10]) then
          return {1, now, redis.call('HGETALL', KEYS[3])}
        end
        return {1, now, {}}
        """;

    /// <summary>
    /// Raises a user's epoch to the log's next number. KEYS: the revocations' meta, the user. ARGV: epoch, for how many ms a raise is kept at
    /// least: longer than a log-in takes. Returns the number, 0 when fenced, and the whole hash.
    /// </summary>
    public const string Raise = RevocationScripts.Fence + """
        if fenced(false) then return {0, {}} end
        local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
        redis.call('HSET', KEYS[2], 'raised', n, 'epoch', meta[1])
        if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
        return {n, redis.call('HGETALL', KEYS[2])}
        """;

    /// <summary>KEYS: the user. Returns the whole hash.</summary>
    public const string ReadIndex = "return redis.call('HGETALL', KEYS[1])";

    /// <summary>KEYS: the user. ARGV: the ids of the sessions to take out.</summary>
    public const string Drop = "return redis.call('HDEL', KEYS[1], unpack(ARGV))";

    /// <summary>
    /// KEYS: a tenant's users. ARGV: the cursor, about how many to return. Returns the next cursor and the ids. SSCAN returns whoever is in
    /// the set from its first page to its last, perhaps twice.
    /// </summary>
    public const string ReadTenant = "return redis.call('SSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])";
}
