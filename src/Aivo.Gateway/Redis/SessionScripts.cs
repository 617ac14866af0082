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
    /// KEYS: the record, the revocations' meta, their numbers, their keep-until (one hash tag); the user, where an entry is taken out.
    /// ARGV: the bytes that were read, empty for none; the next bytes, empty to write no record; the Unix millisecond at which the record
    /// may be collected; the id to take out of the user's index, empty for none; then per revocation its member and its keep-until.
    /// Returns: 1 and the last revocation's number (0 for none); or 0, the clock, and the present bytes or nil.
    /// </summary>
    public const string Commit = """
        local present = redis.call('GET', KEYS[1])
        if (present or '') ~= ARGV[1] then
          local t = redis.call('TIME')
          return {0, t[1] * 1000 + math.floor(t[2] / 1000), present}
        end
        if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3]) end
        if ARGV[4] ~= '' then redis.call('HDEL', KEYS[5], ARGV[4]) end
        local n = 0
        for i = 5, #ARGV, 2 do
          n = redis.call('HINCRBY', KEYS[2], 'n', 1)
          redis.call('ZADD', KEYS[3], n, ARGV[i])
          redis.call('ZADD', KEYS[4], 'GT', ARGV[i + 1], ARGV[i])
        end
        return {1, n}
        """;
}
