namespace Aivo.Gateway.Redis;

/// <summary>
/// The script on the counters of rate limits: a hash per limit and subject, with two fields per window, <c>c</c> and <c>e</c> before its
/// length in ms: the count, and the window's end (Unix ms by Redis' clock). Redis' clock decides; a key's TTL only collects garbage.
/// </summary>
internal static class RateLimitScripts
{
    /// <summary>
    /// Counts a request in every window of every key, or in none. KEYS: one per limit. ARGV: for each key, how many windows there are, then
    /// for each of them its permits and its length in ms. Returns 1 (counted) or 0, then for each window its count and the ms until it ends.
    /// </summary>
    /// <remarks>
    /// A window begins with the first request that counts, and never ends later than its length from now: a clock that was set back would else
    /// refuse for long. With no windows for a key nothing is read or written of it, which asks whether its server would take a request.
    /// </remarks>
    public const string Charge = """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local granted, at = 1, 1
        local fields, permits, counts, ends, lasts, moved = {}, {}, {}, {}, {}, {}
        for k, key in ipairs(KEYS) do
          local names = {}
          for w = 1, tonumber(ARGV[at]) do
            names[2 * w - 1], names[2 * w] = 'c' .. ARGV[at + 2 * w], 'e' .. ARGV[at + 2 * w]
          end
          fields[k], counts[k], ends[k], lasts[k] = names, {}, {}, 0
          if #names > 0 then
            local held = redis.call('HMGET', key, unpack(names))
            for w = 1, #names / 2 do
              local most, latest = tonumber(ARGV[at + 2 * w - 1]), now + tonumber(ARGV[at + 2 * w])
              local count, last = tonumber(held[2 * w - 1] or '0'), tonumber(held[2 * w] or '0')
              if count == 0 or last <= now then
                count, last, moved[k] = 0, latest, true
              elseif last > latest then
                last, moved[k] = latest, true
              end
              if count >= most then granted = 0 end
              counts[k][w], ends[k][w], lasts[k] = count, last, math.max(lasts[k], last)
            end
          end
          at = at + 1 + #names
        end
        local reply = {granted}
        for k, key in ipairs(KEYS) do
          local written = {}
          for w, last in ipairs(ends[k]) do
            local count = counts[k][w] + granted
            if count > 0 then
              written[#written + 1], written[#written + 2] = fields[k][2 * w - 1], count
              written[#written + 1], written[#written + 2] = fields[k][2 * w], string.format('%d', last)
            end
            reply[#reply + 1], reply[#reply + 2] = count, last - now
          end
          if #written > 0 and (granted == 1 or moved[k]) then
            redis.call('HSET', key, unpack(written))
            if moved[k] then redis.call('PEXPIRE', key, string.format('%d', lasts[k] - now)) end
          end
        end
        return reply
        """;
}
