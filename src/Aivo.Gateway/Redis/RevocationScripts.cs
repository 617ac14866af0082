namespace Aivo.Gateway.Redis;

/// <summary>
/// Scripts on one shard's revocation log. They decide nothing about nodes. Every script that writes compares the caller's epoch with the
/// log's, and the replication id that the epoch was begun under with the server's: a server that was restarted or promoted may lack writes,
/// and nothing is added to its log before a new epoch was begun.
/// </summary>
internal static class RevocationScripts
{
    /// <summary>
    /// The head of every script. KEYS[1]: meta. ARGV[1]: the caller's epoch. <c>closed</c>: whether the write is allowed while the
    /// epoch is closed.
    /// </summary>
    /// <remarks>
    /// A server that refuses INFO, by its rights perhaps, has no id to compare: what it promises then is less, but it works. All nodes need the
    /// same rights, or each would take the others' epochs for ones of another server.
    /// </remarks>
    public const string Fence = """
        local meta = redis.call('HMGET', KEYS[1], 'epoch', 'replid', 'open', 'n', 'since', 'floor')
        local function replid()
          local info = redis.pcall('INFO', 'replication')
          return type(info) == 'string' and string.match(info, 'master_replid:(%w+)') or ''
        end
        local function fenced(closed)
          return meta[1] ~= ARGV[1] or meta[2] ~= replid() or not (closed or meta[3] == '1')
        end

        """;

    /// <summary>
    /// Appends the entries from ARGV[first] on, each a member and its keep-until; returns the highest of their numbers. One that is there
    /// keeps its number: under a new one, a node that has read up to between the two would count as having applied it. The channel only wakes
    /// nodes early, so a refused PUBLISH is no failure.
    /// </summary>
    public const string Append = """
        local function append(numbers, keep, channel, first)
          local last = tonumber(meta[4] or '0')
          local n, highest = last, 0
          for i = first, #ARGV, 2 do
            local held = tonumber(redis.call('ZSCORE', numbers, ARGV[i]) or '0')
            if held == 0 then
              n = n + 1
              held = n
              redis.call('ZADD', numbers, n, ARGV[i])
            end
            highest = math.max(highest, held)
            redis.call('ZADD', keep, 'GT', ARGV[i + 1], ARGV[i])
          end
          if n > last then
            redis.call('HSET', KEYS[1], 'n', n)
            redis.pcall('PUBLISH', channel, n)
          end
          return highest
        end

        """;

    /// <summary>
    /// One sync of one node. KEYS: meta, numbers, keep, leases. ARGV: epoch (empty for none), the node, its sequence, what it has applied, the
    /// most entries to return, the most expired entries to remove, 1 to return the leases, the node's clock (Unix ms). Returns 0 (begin) and the epoch that was found; 1
    /// (another epoch) and that epoch; or 2, epoch, open, since, floor, last number, reached number, time (Unix ms), members, the keep-until
    /// (Unix ms) of each, and the lease fields.
    /// </summary>
    /// <remarks>
    /// A full page counts only up to the number before its last entry, which the next page brings again (entries merge by union). Lua's stack
    /// takes 8,000 values, so a page of 5,000 members fits one ZMSCORE. What is removed has expired by the node's clock too: either may be
    /// wrong for a while, and an entry that is gone is missing for whoever joins later.
    /// </remarks>
    public const string Sync = Fence + """
        if not meta[1] or meta[2] ~= replid() then return {0, meta[1]} end
        if meta[1] ~= ARGV[1] then return {1, meta[1]} end
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        redis.call('HSET', KEYS[4], ARGV[2], ARGV[3] .. ':' .. ARGV[4])
        local expired = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. string.format('%d', math.min(now, tonumber(ARGV[8]))), 'LIMIT', 0, ARGV[6])
        if #expired > 0 then
          redis.call('ZREM', KEYS[2], unpack(expired))
          redis.call('ZREM', KEYS[3], unpack(expired))
        end
        local last = tonumber(meta[4] or '0')
        local members = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[4], '+inf', 'LIMIT', 0, ARGV[5])
        local reached = last
        if #members == tonumber(ARGV[5]) then
          reached = tonumber(redis.call('ZSCORE', KEYS[2], members[#members])) - 1
        end
        local keep = {}
        if #members > 0 then keep = redis.call('ZMSCORE', KEYS[3], unpack(members)) end
        local leases = {}
        if ARGV[7] == '1' then leases = redis.call('HGETALL', KEYS[4]) end
        return {2, meta[1], meta[3] == '1' and 1 or 0, tonumber(meta[5] or '0'), tonumber(meta[6] or '0'), last, reached, now, members, keep, leases}
        """;

    /// <summary>
    /// Begins an epoch by compare-and-set. KEYS: meta, leases. ARGV: the epoch that was found (empty for none), the new epoch. <c>since</c> and
    /// <c>floor</c> are Unix seconds, rounded up. Returns 1 when begun.
    /// </summary>
    public const string Begin = Fence + """
        local id = replid()
        if (meta[1] or '') ~= ARGV[1] or (meta[1] and meta[2] == id) then return 0 end
        local now = tonumber(redis.call('TIME')[1]) + 1
        redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'replid', id, 'open', 0, 'since', now, 'n', meta[4] or 0)
        if not meta[1] then redis.call('HSET', KEYS[1], 'floor', now) end
        redis.call('DEL', KEYS[2])
        return 1
        """;

    /// <summary>
    /// Writes entries that are no session's record. KEYS: meta, numbers, keep, leases. ARGV: epoch, 1 to write while the epoch is closed, the
    /// channel, the entries. Returns 0, or 1, the highest number, and the lease fields.
    /// </summary>
    public const string AppendEntries = Fence + Append + """
        if fenced(ARGV[2] == '1') then return {0} end
        return {1, append(KEYS[2], KEYS[3], ARGV[3], 4), redis.call('HGETALL', KEYS[4])}
        """;

    /// <summary>KEYS: meta. ARGV: epoch. Returns 1 when the epoch is open.</summary>
    public const string Open = Fence + """
        if fenced(true) then return 0 end
        redis.call('HSET', KEYS[1], 'open', 1)
        return 1
        """;

    /// <summary>KEYS: meta. ARGV: epoch, <c>since</c> at most (Unix seconds). Returns 1 when done.</summary>
    public const string LowerSince = Fence + """
        if fenced(true) then return 0 end
        local since = math.max(math.min(tonumber(meta[5] or '0'), tonumber(ARGV[2])), tonumber(meta[6] or '0'))
        redis.call('HSET', KEYS[1], 'since', string.format('%d', since))
        return 1
        """;

    /// <summary>
    /// Removes lease fields that are as they were found. KEYS: meta, leases. ARGV: epoch, then per field its
    /// node and what it held; an empty one stands for anything. Returns 1 when the epoch is the caller's.
    /// </summary>
    public const string RemoveLeases = Fence + """
        if fenced(true) then return 0 end
        for i = 2, #ARGV, 2 do
          if ARGV[i + 1] == '' or redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[2], ARGV[i]) end
        end
        return 1
        """;

    /// <summary>KEYS: meta. Returns the epoch while it is open; else nil.</summary>
    public const string OpenEpoch = Fence + """
        if meta[1] and meta[2] == replid() and meta[3] == '1' then return meta[1] end
        return false
        """;
}
