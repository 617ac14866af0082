namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>Takes out of a failing history whatever it fails without.</summary>
internal static class Minimiser
{
    private static readonly Func<Act, Act>[] Simpler =
    [
        act => act with { Who = 0 },
        act => act with { Extra = 0 },
        act => act with { Extra = act.Extra & 1 },
        act => act with { For = act.For / 2 },
        act => act with { For = act.For / 100 * 100 },
        act => act with { At = act.At / 100 * 100 },
    ];

    public static History Minimise(History history, Func<History, bool> fails)
    {
        bool smaller = true;
        for (int rounds = 0; smaller && rounds < 500; rounds++)
        {
            smaller = false;
            foreach (History candidate in Candidates(history))
            {
                if (fails(candidate))
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
        if (history.Noise > 0)
        {
            yield return history with { Noise = 0 };
        }

        for (int length = Math.Max(1, acts.Length / 2); length >= 1; length /= 2)
        {
            for (int start = 0; start + length <= acts.Length; start++)
            {
                yield return history with { Acts = [.. acts[..start], .. acts[(start + length)..]] };
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
