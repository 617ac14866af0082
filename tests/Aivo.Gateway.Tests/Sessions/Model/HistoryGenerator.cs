namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// Random histories. Uniform times would hardly ever meet the edge of a window, so most times lie on one or a millisecond beside it.
/// </summary>
internal sealed class HistoryGenerator(ulong seed)
{
    private readonly SeededRandom _random = new(seed);
    private long _t;
    private long _d;

    /// <summary>How slow and how faulty everything is in this history; a fault in each act would hide what one alone does.</summary>
    private double _trouble;

    /// <summary>Whether whoever acts waits until all windows are over.</summary>
    private bool _patient;

    public History Next()
    {
        _t = _random.Pick(1000, 2000, 5000, 10_000, 10_000, 10_000, 30_000, 60_000);
        _d = _random.Pick(1000, 5000, 5000, 5000, 15_000, 30_000);
        _trouble = _random.Pick(0, 0.1, 0.3, 0.6);
        bool thief = _random.Chance(0.4);
        bool failsOver = _random.Chance(0.6);
        bool ends = _random.Chance(0.15);
        _patient = thief && _random.Chance(0.5);
        List<Act> acts = [];
        int length = 3 + _random.Below(23);
        while (acts.Count < length)
        {
            Add(acts, thief, failsOver, ends);
        }

        return new History(_t, _d, [.. acts]);
    }

    private void Add(List<Act> acts, bool thief, bool failsOver, bool ends)
    {
        int kind = _random.Below(100);
        if (thief && kind < 35)
        {
            acts.Add(OfThief());
        }
        else if (failsOver && kind < 43)
        {
            acts.Add(FailOver(Gap()));
        }
        else if (failsOver && kind < 46)
        {
            AddLossUnderWay(acts);
        }
        else if (ends && kind < 50)
        {
            acts.Add(Delayed(_random.Chance(0.6) ? ActKind.Logout : ActKind.Disable, Gap()));
        }
        else if (kind < 62)
        {
            acts.Add(Delayed(ActKind.Use, Gap()) with { Arrives = _random.Chance(0.7) ? 0 : Gap() });
        }
        else if (kind < 66)
        {
            AddQuick(acts);
        }
        else if (kind < 76)
        {
            AddTabs(acts);
        }
        else
        {
            acts.Add(Delayed(ActKind.Send, Gap()));
        }
    }

    private Act OfThief() => _random.Below(8) switch
    {
        0 or 1 => new Act(ActKind.Copy, Gap()),
        2 => Delayed(ActKind.ThiefUse, Gap()),
        3 => Delayed(ActKind.Send, Gap()) with { Overheard = true },
        _ => Delayed(ActKind.ThiefSend, Gap()) with { Which = _random.Chance(0.7) ? 0 : _random.Below(4) },
    };

    /// <summary>Several tabs at once.</summary>
    private void AddTabs(List<Act> acts)
    {
        acts.Add(Delayed(ActKind.Send, Gap()));
        for (int more = 1 + _random.Below(5); more > 0; more--)
        {
            acts.Add(Delayed(ActKind.Send, _random.Chance(0.8) ? 0 : _random.Below(_t)));
        }
    }

    private Act FailOver(long after) => new(ActKind.FailOver, after) { Which = _random.Chance(0.3) ? 1000 : 1 + _random.Below(5) };

    /// <summary>A fail-over while an answer is under way, and tabs that go on with what they have.</summary>
    private void AddLossUnderWay(List<Act> acts)
    {
        acts.Add(new Act(ActKind.Send, Gap()) { Lost = true });
        acts.Add(new Act(ActKind.Send, Gap()) { Travels = Within(_t) });
        acts.Add(FailOver(_random.Below(_t)));
        for (int more = 1 + _random.Below(3); more > 0; more--)
        {
            acts.Add(new Act(ActKind.Send, _random.Below(_t / 2)) { Lost = _random.Chance(0.4) });
        }
    }

    /// <summary>One tab after the other, faster than anything is forgotten.</summary>
    private void AddQuick(List<Act> acts)
    {
        long step = 1 + _random.Below(200);
        for (int count = 3 + _random.Below(21); count > 0; count--)
        {
            acts.Add(new Act(ActKind.Send, step));
        }
    }

    private Act Delayed(ActKind kind, long after) => new(kind, after)
    {
        Arrives = _random.Chance(_trouble) ? Within(_t) : 0,
        Reads = _random.Chance(_trouble) ? Within(_d) : 0,
        Commits = _random.Chance(_trouble) ? Within(_d) : 0,
        Answers = _random.Chance(_trouble / 3) ? Within(_d) : 0,
        Travels = _random.Chance(_trouble) ? Within(_t) : 0,
        Lost = _random.Chance(_trouble),
        Elsewhere = _random.Chance(0.1),
        Fate = _random.Chance(_trouble / 3) ? _random.Pick(Fate.StopsBefore, Fate.StopsAfter, Fate.MissesReply) : Fate.Answers,
    };

    private long Within(long most) => _random.Below(4) switch
    {
        0 => most,
        1 => most - 1,
        2 => _random.Below(2),
        _ => _random.Below(most + 1),
    };

    private long Gap()
    {
        long w = 2 * _t, both = w + Math.Max(w, _d) + _d;
        if (_patient && _random.Chance(0.8))
        {
            return both + _d + _t + 1 + (_random.Below(3) * _random.Below(both));
        }

        int kind = _random.Below(100);
        return kind < 25 ? _random.Below(3)
            : kind < 60 ? Math.Max(0, _random.Pick(_t, _t, w, w, both, both, both - w, _t + _d, w + _t, both - _t - _d) + _random.Below(3) - 1)
            : kind < 80 ? _random.Below(_t + 1)
            : kind < 92 ? _random.Below(2 * both)
            : kind < 99 ? _random.Below(3 * 3_600_000)
            : _random.Below(2 * 86_400_000L);
    }
}
