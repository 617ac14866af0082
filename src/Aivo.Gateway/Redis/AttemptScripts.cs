namespace Aivo.Gateway.Redis;

/// <summary>
/// Scripts on attempt counters: hashes of <c>count</c> and <c>ends</c> (Unix ms by Redis' clock). Redis' clock decides; a key's TTL only
/// collects garbage.
/// </summary>
internal static class AttemptScripts
{
    /// <summary>
    /// Raises every counter or none. KEYS: the counters. ARGV: for each, the most attempts and the window in ms. Returns granted (1 or 0),
    /// time (Unix ms), then for each the count and the end of its window.
    /// </summary>
    /// <remarks>A window never ends later than one window from now: a clock that was set back would else lock accounts for long.</remarks>
    public const string Reserve = """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local granted = 1
        local counts, ends, moved = {}, {}, {}
        for i, key in ipairs(KEYS) do
          local latest = now + tonumber(ARGV[2 * i])
          local held = redis.call('HMGET', key, 'count', 'ends')
          counts[i], ends[i] = tonumber(held[1] or '0'), tonumber(held[2] or '0')
          if ends[i] <= now then
            counts[i], ends[i] = 0, latest
          elseif ends[i] > latest then
            ends[i], moved[i] = latest, true
          end
          if counts[i] >= tonumber(ARGV[2 * i - 1]) then
            granted = 0
          end
        end
        local reply = {granted, now}
        for i, key in ipairs(KEYS) do
          counts[i] = counts[i] + granted
          if granted == 1 or moved[i] then
            redis.call('HSET', key, 'count', counts[i], 'ends', string.format('%d', ends[i]))
            redis.call('PEXPIRE', key, string.format('%d', ends[i] - now))
          end
          reply[#reply + 1] = counts[i]
          reply[#reply + 1] = ends[i]
        end
        return reply
        """;

    /// <summary>Gives attempts back. KEYS: the counters. ARGV: for each, the end of the window in which it was raised.</summary>
    public const string Release = """
        for i, key in ipairs(KEYS) do
          local held = redis.call('HMGET', key, 'count', 'ends')
          if held[2] == ARGV[i] and tonumber(held[1]) > 0 then
            redis.call('HINCRBY', key, 'count', -1)
          end
        end
        return 1
        """;
}
