using System.Numerics;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>Some gateway processes, their Redis, and what happens to them, on virtual time (ms).</summary>
internal sealed partial class Fleet
{
    public const long Lease = 1_000;
    public const long Interval = 200;

    /// <summary>V5: two leases and the reconnect, which is a sync that is never answered, and its repetitions.</summary>
    public const long Recovery = (2 * Lease) + Lease + Lease;

    public const int Servers = 3;
    public const int MostNodes = 3;
    public const int RandomSessions = 6;
    public const int Sessions = RandomSessions + MostNodes;

    /// <summary>So few that a snapshot takes several pages.</summary>
    public const int Page = 2;

    private readonly SimulatedNode?[] _nodes = new SimulatedNode?[MostNodes];
    private readonly (SimulatedServer? Master, long Until)[] _toldWrongly = new (SimulatedServer?, long)[MostNodes];
    private long _clockOffset = 1_000_000;
    private int _processes;

    private Fleet(History history, LeaseRules rules, ScriptRules scriptRules)
    {
        (History, Rules, ScriptRules, Random) = (history, rules, scriptRules, new SeededRandom(history.Seed + 1));
        (Judge, Scripts, Network) = (new Judge(this), new Scripts(this), new Network(this));
        AllServers = [.. Enumerable.Range(0, history.Replicated ? Servers : 1).Select(number => new SimulatedServer(number, this))];
        Master = AllServers[0];
    }

    public Timeline Timeline { get; } = new();

    public SeededRandom Random { get; }

    public History History { get; }

    public LeaseRules Rules { get; }

    public ScriptRules ScriptRules { get; }

    public Judge Judge { get; }

    public Scripts Scripts { get; }

    public Network Network { get; }

    public SimulatedServer[] AllServers { get; }

    /// <summary>The one that whoever asks is told, unless told wrongly.</summary>
    public SimulatedServer Master { get; private set; }

    public long WallClock => Timeline.Now + _clockOffset;

    /// <summary>After the last fault nothing is lost or late any more.</summary>
    public bool IsQuiet { get; private set; }

    public static Judge Run(History history, LeaseRules? rules = null, ScriptRules? scriptRules = null)
    {
        var fleet = new Fleet(history, rules ?? LeaseRules.All, scriptRules ?? ScriptRules.All);
        fleet.Run();
        return fleet.Judge;
    }

    public static void ForEach(ulong sessions, Action<int> action)
    {
        for (; sessions != 0; sessions &= sessions - 1)
        {
            action(BitOperations.TrailingZeroCount(sessions));
        }
    }

    public SimulatedServer MasterAsSeenBy(int slot) =>
        _toldWrongly[slot] is (Master: { } master, var until) && Timeline.Now < until ? master : Master;

    public void ForEachNode(Action<SimulatedNode> action)
    {
        foreach (SimulatedNode? node in _nodes)
        {
            if (node is { IsAlive: true })
            {
                action(node);
            }
        }
    }

    public bool AnyNode(Func<SimulatedNode, bool> predicate) => _nodes.Any(node => node is { IsAlive: true } && predicate(node));

    private void Run()
    {
        (long now, string replicationId) = (WallClock, Master.ReplicationId);
        Master.Write(data => (data.Epoch, data.ReplicationId, data.Open, data.Since, data.Floor) = ("epoch", replicationId, true, now, now));
        Array.ForEach(AllServers[1..], replica => replica.Follow(Master));
        for (int slot = 0; slot < History.Nodes; slot++)
        {
            Start(slot);
        }

        foreach (Act act in History.Acts)
        {
            Timeline.At(act.At, () => Do(act));
        }

        RunUntil(History.Acts.Length == 0 ? Lease : History.Acts.Max(act => act.At + act.For));
        IsQuiet = true;
        RunUntil(Judge.QuietFrom + Recovery);
        ulong last = 0;
        ForEachNode(node =>
        {
            last |= 1UL << (RandomSessions + node.Slot);
            node.Logout(RandomSessions + node.Slot);
        });
        RunUntil(Timeline.Now + (3 * Lease));
        Judge.End(Master, last);
    }

    private void RunUntil(long time)
    {
        if (Judge.Broken is null)
        {
            Timeline.RunUntil(time, () => Judge.Broken is not null);
        }
    }

    private void Start(int slot)
    {
        Judge.Fault(slot, Timeline.Now);
        _nodes[slot] = new SimulatedNode(this, slot, $"{slot}.{_processes++}");
    }

    private void StartAgain(int slot, long at)
    {
        Judge.Fault(slot, at);
        Timeline.At(at + 1, () => Start(slot));
    }
}
