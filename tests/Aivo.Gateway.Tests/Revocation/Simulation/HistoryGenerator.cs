namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>Faults seldom matter alone: they come in bursts, with ends and requests among them.</summary>
internal static class HistoryGenerator
{
    private const long Lease = Fleet.Lease;

    private static readonly (Happening What, int Weight)[] Single =
    [
        (Happening.Logout, 30), (Happening.Forward, 8), (Happening.Pause, 7), (Happening.Crash, 6), (Happening.Stop, 2), (Happening.Cut, 7),
        (Happening.Slow, 6), (Happening.Restart, 8), (Happening.EmptyRestart, 2), (Happening.Flush, 2), (Happening.JumpClock, 1),
    ];

    private static readonly (Happening What, int Weight)[] Replicated =
    [
        .. Single, (Happening.Promote, 12), (Happening.Lag, 6), (Happening.CutReplica, 6),
    ];

    public static History Next(ulong seed)
    {
        var random = new SeededRandom(seed);
        bool replicated = random.Chance(0.5);
        int nodes = random.Chance(0.1) ? 1 : 2 + random.Below(2);
        var acts = new List<Act>();
        switch (random.Below(40))
        {
            case 0:
                return new History(seed, nodes, replicated, Confirm: true, Noise: 0, AnswerAfterPause(random));
            case 1:
                return new History(seed, Nodes: 2, replicated, Confirm: true, Noise: 0, BackDuringRemoval(random));
            case 2:
                return new History(seed, Fleet.MostNodes, replicated, Confirm: true, Noise: 0, LateBegin(random));
            case 3:
                return new History(seed, nodes, Replicated: true, Confirm: random.Chance(0.5), Noise: 0, PromotionSoonAfterEnds(random));
            case 4:
                return new History(seed, Fleet.MostNodes, replicated, Confirm: true, Noise: 0, EndsBeforeRestart(random));
            case 5:
                return new History(seed, nodes, replicated, Confirm: true, Noise: 0, RepeatedEnds(random, nodes));
            case 6:
                return new History(seed, Fleet.MostNodes, replicated, Confirm: true, Noise: 0, StopWithRequestsInFlight(random));
            default:
                break;
        }

        long at = random.Between(500, 2_000);
        for (int count = (int)random.Between(3, 14); count > 0; count--)
        {
            acts.Add(NextAct(random, at, nodes, replicated));
            at += random.Chance(0.5) ? random.Between(0, 40) : random.Between(0, 1_500);
        }

        return new History(seed, nodes, replicated, Confirm: !random.Chance(0.1), Noise: random.Chance(0.3) ? 5 : 0, [.. acts]);
    }

    /// <summary>A node stops between its commit and its answer, the server loses the commit, and the others carry on.</summary>
    private static Act[] AnswerAfterPause(SeededRandom random)
    {
        const long Start = 2 * Lease;
        long stopped = Start + random.Between(5, 40);
        return
        [
            new(Start, Happening.Logout),
            new(stopped, Happening.Pause, For: random.Between(2 * Lease, 3 * Lease)),
            new(stopped + random.Between(1, 30), Happening.Restart, For: random.Between(1, 30), Extra: Lease),
        ];
    }

    /// <summary>A node that was silent comes back while the removal of its lease field is under way, and then sessions end.</summary>
    private static Act[] BackDuringRemoval(SeededRandom random)
    {
        const long Start = 2 * Lease;
        return
        [
            new(Start, Happening.Pause, Who: 1, For: Lease + random.Between(20, 400)),
            new(Start + 20, Happening.Logout),
            new(Start + Lease, Happening.Slow, For: Lease, Extra: random.Between(10, 80)),
            .. Enumerable.Range(1, Fleet.RandomSessions - 1).Select(session =>
                new Act(Start + Lease + random.Between(50, 600), Happening.Logout, Extra: session)),
        ];
    }

    /// <summary>A node has been told to begin, and does so when the others have long done it.</summary>
    private static Act[] LateBegin(SeededRandom random)
    {
        const long Start = 2 * Lease;
        return
        [
            new(Start, Happening.Restart, For: random.Between(1, 30)),
            new(Start + random.Between(1, 300), Happening.Pause, Who: 1, For: random.Between(2 * Lease, 4 * Lease)),
        ];
    }

    /// <summary>Replicas are a little behind when one of them is promoted.</summary>
    private static Act[] PromotionSoonAfterEnds(SeededRandom random)
    {
        const long Start = 2 * Lease;
        long lag = random.Between(100, (Lease / 2) - 50);
        return
        [
            .. Enumerable.Range(0, Fleet.Servers).Select(server => new Act(Start, Happening.Lag, Who: server, For: 2 * Lease, Extra: lag)),
            .. Enumerable.Range(0, Fleet.RandomSessions).Select(session =>
                new Act(Start + random.Between(0, Lease), Happening.Logout, Who: random.Below(Fleet.MostNodes), Extra: session)),
            new(Start + random.Between(lag, Lease + (2 * lag)), Happening.Promote, For: 100),
        ];
    }

    /// <summary>Ends that the server loses, and not every node is there when it is back.</summary>
    private static Act[] EndsBeforeRestart(SeededRandom random)
    {
        const long Start = 2 * Lease;
        return
        [
            .. Enumerable.Range(0, Fleet.RandomSessions).Select(session =>
                new Act(Start + random.Between(0, 500), Happening.Logout, Who: random.Below(Fleet.MostNodes), Extra: session)),
            new(Start + random.Between(100, 900), random.Chance(0.5) ? Happening.Crash : Happening.Pause, Who: 1, For: random.Between(10, 4 * Lease)),
            new(Start + random.Between(100, 900), Happening.Restart, For: random.Between(1, 400), Extra: random.Between(0, Lease)),
            new(Start + random.Between(100, 5_000), random.Chance(0.5) ? Happening.Cut : Happening.Slow, Who: 2, For: random.Between(10, 3 * Lease), Extra: 300),
        ];
    }

    /// <summary>Clients that repeat an end at once, at several nodes.</summary>
    private static Act[] RepeatedEnds(SeededRandom random, int nodes) =>
    [
        .. Enumerable.Range(0, 16).Select(_ =>
            new Act((2 * Lease) + random.Between(0, 150), Happening.Logout, Who: random.Below(nodes), Extra: random.Below(Fleet.RandomSessions))),
    ];

    private static Act[] StopWithRequestsInFlight(SeededRandom random)
    {
        const long Start = 2 * Lease;
        return
        [
            .. Enumerable.Range(0, Fleet.RandomSessions).Select(session =>
                new Act(Start + random.Between(0, 100), Happening.Forward, Who: 1, For: random.Between(50, Lease), Extra: session)),
            new(Start + random.Between(100, Lease), Happening.Stop, Who: 1, For: 2 * Lease),
            .. Enumerable.Range(0, Fleet.RandomSessions).Select(session =>
                new Act(Start + random.Between(0, Lease), Happening.Logout, Who: 2, Extra: session)),
        ];
    }

    private static Act NextAct(SeededRandom random, long at, int nodes, bool replicated)
    {
        Happening what = Pick(random, replicated ? Replicated : Single);
        var act = new Act(at, what, Who: random.Below(nodes), For: random.Between(10, random.Chance(0.7) ? 3 * Lease / 2 : 4 * Lease));
        return what switch
        {
            Happening.Logout => act with { For = 0, Extra = random.Below(Fleet.RandomSessions) },
            Happening.Forward => act with { Extra = random.Below(Fleet.RandomSessions), For = random.Between(0, Lease) },
            Happening.Slow => act with { Extra = random.Between(50, 2 * Lease) },
            Happening.Restart => act with { For = random.Between(1, Lease), Extra = random.Between(0, Lease) },
            Happening.EmptyRestart => act with { For = random.Between(1, Lease) },
            Happening.Flush => act with { For = 0 },
            Happening.Promote => act with { For = random.Between(1, (random.Chance(0.7) ? 2 : 6) * Lease), Extra = random.Below(2 << nodes) },
            Happening.Lag => act with { Who = random.Below(Fleet.Servers), Extra = random.Between(50, Lease) },
            Happening.CutReplica => act with { Who = random.Below(Fleet.Servers) },
            Happening.JumpClock => act with { For = 0, Extra = random.Between(-10 * Lease, 10 * Lease) },
            _ => act,
        };
    }

    private static Happening Pick(SeededRandom random, (Happening What, int Weight)[] choices)
    {
        int left = random.Below(choices.Sum(choice => choice.Weight));
        foreach ((Happening what, int weight) in choices)
        {
            left -= weight;
            if (left < 0)
            {
                return what;
            }
        }

        throw new InvalidOperationException("The weights do not add up.");
    }
}
