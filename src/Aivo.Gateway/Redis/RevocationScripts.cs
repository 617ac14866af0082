namespace Aivo.Gateway.Redis;

/// <summary>Scripts on the revocation log. Its entries are written by the session commit; these read and prune it.</summary>
internal static class RevocationScripts
{
    /// <summary>
    /// One sync of one node. KEYS: meta, numbers, keep. ARGV: an epoch to begin with where there is none, the cursor, the most entries
    /// to return, the most expired entries to remove. Returns epoch, last number, reached number, time (Unix ms), members, and the
    /// keep-until (Unix ms) of each. Decides nothing about the node: the full lease's field, its acknowledgement and the check of the
    /// replication id belong at its head.
    /// </summary>
    /// <remarks>
    /// Entries of one commit may share a number, and a full page may end between them: it therefore counts only up to the number
    /// before its last entry, which the next page brings again (entries merge by union). Lua's stack takes 8,000 values, so a page of
    /// 5,000 members fits one ZMSCORE.
    /// </remarks>
    public const string Sync = """
        local epoch = redis.call('HGET', KEYS[1], 'epoch')
        if not epoch then
          epoch = ARGV[1]
          redis.call('HSET', KEYS[1], 'epoch', epoch)
        end
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local expired = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. string.format('%d', now), 'LIMIT', 0, ARGV[4])
        if #expired > 0 then
          redis.call('ZREM', KEYS[2], unpack(expired))
          redis.call('ZREM', KEYS[3], unpack(expired))
        end
        local last = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
        local members = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])
        local reached = last
        if #members == tonumber(ARGV[3]) then
          reached = tonumber(redis.call('ZSCORE', KEYS[2], members[#members])) - 1
        end
        local keep = {}
        if #members > 0 then
          keep = redis.call('ZMSCORE', KEYS[3], unpack(members))
        end
        return {epoch, last, reached, now, members, keep}
        """;
}
