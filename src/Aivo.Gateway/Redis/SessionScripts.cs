namespace Aivo.Gateway.Redis;

/// <summary>
/// The scripts of the session store. They hold no rule: the decision is made in C#, from the bytes and the clock that they return.
/// A clock is in Unix milliseconds, rounded down. Needs Redis 6.2 (<c>PXAT</c>, <c>ZADD GT</c>).
/// </summary>
internal static class SessionScripts
{
    /// <summary>KEYS: the record. Returns: the record's bytes or nil; the clock.</summary>
    public const string Read = """
        local t = redis.call('TIME')
        return {redis.call('GET', KEYS[1]), t[1] * 1000 + math.floor(t[2] / 1000)}
        """;

    /// <summary>
    /// KEYS: records of one shard. Returns: the clock; each record's bytes or nil, in their order. Not MGET, which takes a key of another
    /// type for none: that is no answer about a session.
    /// </summary>
    public const string ReadMany = """
        local t = redis.call('TIME')
        local records = {}
        for i, key in ipairs(KEYS) do records[i] = redis.call('GET', key) end
        return {t[1] * 1000 + math.floor(t[2] / 1000), records}
        """;

    /// <summary>
    /// Compare-and-set of the record, and in the same step the revocations: an end without its entry would leave access tokens alive.
    /// KEYS: the revocations' meta, numbers, keep-until and leases, the record; then the user, where an entry is taken out, and last the users
    /// of a tenant, where one has joined it (one hash tag).
    /// ARGV: epoch, 1 to write while the epoch is closed; the bytes that were read, empty for none;
    /// the next bytes, empty to write no record; the Unix millisecond at which the record may be collected; the id to take out of the user's
    /// index, empty for none; the channel; the user who has joined, empty for none; then per revocation its member and its keep-until.
    /// Returns: -1 (fenced); 1, the highest number of the revocations (0 for none), and with one the lease fields; or 0, the clock, and the
    /// present bytes or nil.
    /// </summary>
    public const string Commit = RevocationScripts.Fence + RevocationScripts.Append + """
        if fenced(ARGV[2] == '1') then return {-1} end
        local present = redis.call('GET', KEYS[5])
        if (present or '') ~= ARGV[3] then
          local t = redis.call('TIME')
          return {0, t[1] * 1000 + math.floor(t[2] / 1000), present}
        end
        if ARGV[4] ~= '' then redis.call('SET', KEYS[5], ARGV[4], 'PXAT', ARGV[5]) end
        if ARGV[6] ~= '' then redis.call('HDEL', KEYS[6], ARGV[6]) end
        if ARGV[8] ~= '' then
          redis.call('SADD', KEYS[#KEYS], ARGV[8])
          local t = redis.call('TIME')
          local left = redis.call('PTTL', KEYS[#KEYS])
          if left < 0 or t[1] * 1000 + left < tonumber(ARGV[5]) then redis.call('PEXPIREAT', KEYS[#KEYS], ARGV[5]) end
        end
        local number = append(KEYS[2], KEYS[3], ARGV[7], 9)
        return {1, number, number > 0 and redis.call('HGETALL', KEYS[4]) or {}}
        """;
}
