namespace Aivo.Gateway.Throttling;

/// <summary>The counters of all subjects of one limit, in bounded memory. Not thread-safe.</summary>
/// <remarks>
/// A flood of new subjects can fill a table, so one that is full does not forget whoever has counted requests (that could be provoked to
/// begin anew) and lets nobody pass uncounted: subjects for which there is no place share one set of counters. Each limit has a table of
/// its own, so that a flood of addresses takes no place from users.
/// </remarks>
internal sealed class RateCounterTable(RateLimit limit, int capacity)
{
    /// <summary>How many places a new subject looks at for one whose windows have ended. A walk of all of them would hold every request up.</summary>
    private const int Probes = 8;

    private readonly Dictionary<UInt128, RateCounters> _counters = [];
    private readonly List<UInt128> _subjects = [];
    private readonly RateCounters _shared = new(limit);
    private int _hand;

    public int Count => _subjects.Count;

    /// <param name="isShared">Whether there was no place for the subject.</param>
    public RateCounters Find(UInt128 subject, RateLimit current, long now, out bool isShared)
    {
        isShared = false;
        if (_counters.TryGetValue(subject, out RateCounters? known))
        {
            return known;
        }

        int place = Place(now);
        if (place < 0)
        {
            isShared = true;
            return _shared;
        }

        var added = new RateCounters(current);
        _counters.Add(subject, added);
        if (place == _subjects.Count)
        {
            _subjects.Add(subject);
        }
        else
        {
            _subjects[place] = subject;
        }

        return added;
    }

    /// <summary>A free place; -1 where none was found. Places are taken over before the table grows, so that it holds who is active now.</summary>
    private int Place(long now)
    {
        for (int probe = 0; probe < Math.Min(Probes, _subjects.Count); probe++)
        {
            _hand = (_hand + 1) % _subjects.Count;
            if (_counters[_subjects[_hand]].AreOver(now))
            {
                _counters.Remove(_subjects[_hand]);
                return _hand;
            }
        }

        return _subjects.Count < capacity ? _subjects.Count : -1;
    }
}
