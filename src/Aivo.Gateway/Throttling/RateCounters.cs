namespace Aivo.Gateway.Throttling;

/// <summary>The counters of one subject under one limit, in the memory of one node. Not thread-safe.</summary>
/// <remarks>The same rules as <c>RateLimitScripts</c>: one suite of tests holds both to one contract.</remarks>
internal sealed class RateCounters(RateLimit limit)
{
    private RateLimit _limit = limit;
    private Window[] _windows = new Window[limit.Windows.Count];

    /// <summary>Whether a request has room in every window at <paramref name="now"/>; windows that have ended are emptied.</summary>
    /// <param name="now">A timestamp, as all times here.</param>
    /// <param name="frequency">Timestamps a second.</param>
    public bool HasRoom(RateLimit limit, long now, long frequency)
    {
        if (!ReferenceEquals(limit, _limit))
        {
            Adopt(limit);
        }

        bool room = true;
        for (int index = 0; index < _windows.Length; index++)
        {
            ref Window window = ref _windows[index];
            if (window.Count == 0 || window.Ends <= now)
            {
                // Only a request that counts begins a window.
                window.Count = 0;
                window.Ends = now + Duration(index, frequency);
            }

            room &= window.Count < _limit.Windows[index].Permits;
        }

        return room;
    }

    /// <summary>Counts one request in every window; <see cref="HasRoom"/> has just said that there is room.</summary>
    public void Count()
    {
        for (int index = 0; index < _windows.Length; index++)
        {
            _windows[index].Count++;
        }
    }

    /// <summary>The tightest window.</summary>
    public RateLimitVerdict Verdict(bool allowed, long now, long frequency)
    {
        RateLimitVerdict tightest = default;
        for (int index = 0; index < _windows.Length; index++)
        {
            int permits = _limit.Windows[index].Permits;
            var own = new RateLimitVerdict(
                allowed, _limit, permits, Math.Max(0, permits - _windows[index].Count),
                TimeSpan.FromTicks((long)((_windows[index].Ends - now) * ((double)TimeSpan.TicksPerSecond / frequency))));
            tightest = index == 0 ? own : tightest.And(own);
        }

        return tightest;
    }

    /// <summary>Whether every window has ended: then to forget the counters changes nothing.</summary>
    public bool AreOver(long now)
    {
        foreach (Window window in _windows)
        {
            if (window.Count > 0 && window.Ends > now)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>After a reload the limit may have other windows. One of the same length goes on, whatever it takes now.</summary>
    private void Adopt(RateLimit limit)
    {
        var windows = new Window[limit.Windows.Count];
        for (int index = 0; index < windows.Length; index++)
        {
            for (int former = 0; former < _windows.Length; former++)
            {
                if (_limit.Windows[former].Length == limit.Windows[index].Length)
                {
                    windows[index] = _windows[former];
                }
            }
        }

        (_limit, _windows) = (limit, windows);
    }

    private long Duration(int index, long frequency) => (long)(_limit.Windows[index].Length.TotalSeconds * frequency);

    private struct Window
    {
        public int Count;
        public long Ends;
    }
}
