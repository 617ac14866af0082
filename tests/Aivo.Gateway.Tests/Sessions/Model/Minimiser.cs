using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>Takes out of a failing history whatever it fails without.</summary>
internal static class Minimiser
{
    private static readonly Func<Act, Act>[] Simpler =
    [
        act => act with { Arrives = 0 },
        act => act with { Reads = 0 },
        act => act with { Commits = 0 },
        act => act with { Answers = 0 },
        act => act with { Travels = 0 },
        act => act with { Lost = false },
        act => act with { Fate = Fate.Answers },
        act => act with { Overheard = false },
        act => act with { Elsewhere = false },
        act => act with { Which = 0 },
        act => act with { Which = Math.Min(act.Which, 1) },
        act => act with { After = 0 },
        act => act with { After = act.After / 1000 * 1000 },
    ];

    public static History Minimise(History history, RefreshRules rules, string invariant)
    {
        bool smaller = true;
        while (smaller)
        {
            smaller = false;
            foreach (History candidate in Candidates(history))
            {
                if (candidate != history && ModelRun.Of(candidate, rules).Broken?.Invariant == invariant)
                {
                    (history, smaller) = (candidate, true);
                    break;
                }
            }
        }

        return history;
    }

    private static IEnumerable<History> Candidates(History history)
    {
        Act[] acts = history.Acts;
        for (int length = acts.Length / 2; length >= 1; length /= 2)
        {
            for (int start = 0; start + length <= acts.Length; start++)
            {
                Act[] rest = [.. acts[..start], .. acts[(start + length)..]];
                yield return history with { Acts = rest };
                if (start < rest.Length)
                {
                    // The same, at the times of before.
                    rest[start] = rest[start] with { After = rest[start].After + acts[start..(start + length)].Sum(act => act.After) };
                    yield return history with { Acts = rest };
                }
            }
        }

        for (int i = 0; i < acts.Length; i++)
        {
            foreach (Act act in Simpler.Select(simplify => simplify(acts[i])).Where(act => act != acts[i]))
            {
                yield return history with { Acts = [.. acts[..i], act, .. acts[(i + 1)..]] };
            }
        }
    }
}
