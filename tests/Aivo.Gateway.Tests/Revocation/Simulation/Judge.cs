using System.Numerics;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>What was broken, and when.</summary>
internal sealed record Broken(string Invariant, long At, string What);

/// <summary>
/// Watches V1..V6. It knows everything at once: which ends were answered, what every node would let pass at each of its moments, and who
/// was hindered until when. V6 needs no check of its own: clocks jump in the histories that the others are judged on.
/// </summary>
internal sealed class Judge(Fleet fleet)
{
    private readonly long[] _promisedFrom = new long[Fleet.Sessions];
    private readonly long[] _issuedAt = new long[Fleet.Sessions];
    private readonly long[] _hinderedUntil = new long[Fleet.MostNodes];
    private readonly string[] _answeredIn = new string[Fleet.Sessions];
    private ulong _requested;
    private ulong _promised;
    private ulong _promisedInStore;
    private bool _clockJumped;

    public Broken? Broken { get; private set; }

    /// <summary>Until when Redis as a whole was in trouble.</summary>
    public long TroubledUntil { get; private set; }

    public int Answers { get; private set; }

    public int Losses { get; private set; }

    public int Openings { get; private set; }

    public long QuietFrom => Math.Max(TroubledUntil, _hinderedUntil.Max());

    /// <summary>A fault of one node or of its way to Redis.</summary>
    public void Fault(int slot, long until) => _hinderedUntil[slot] = Math.Max(_hinderedUntil[slot], until);

    public void Fault(long until) => TroubledUntil = Math.Max(TroubledUntil, until);

    public void ClockJumped() => _clockJumped = true;

    public void Requested(int session) => _requested |= 1UL << session;

    /// <summary>204. Without confirmation the promise begins a lease later.</summary>
    public void Answered(int session, long issuedAt, string epoch)
    {
        Answers++;
        long from = fleet.Timeline.Now + (fleet.History.Confirm ? 0 : Fleet.Lease);
        _promisedFrom[session] = from;
        _issuedAt[session] = issuedAt;
        _answeredIn[session] = epoch;
        _promised |= 1UL << session;
        _promisedInStore |= 1UL << session;
        fleet.Timeline.At(from, () => fleet.ForEachNode(Check));
    }

    public bool TokenStands(SimulatedNode node, int session) =>
        !fleet.ScriptRules.RefusesOlderTokens || (_issuedAt[session] == 0 ? fleet.WallClock : _issuedAt[session]) >= node.State.Since;

    /// <summary>V1, V4 and V5, after anything a node does. Between two of its events it can only cease to be fresh.</summary>
    public void Check(SimulatedNode node)
    {
        if (!node.IsRunning)
        {
            return;
        }

        if ((node.Known & ~_requested) != 0)
        {
            Break("V4", $"{node.State.Node} takes sessions for ended that nobody ended");
        }

        if (node.IsFresh)
        {
            Fleet.ForEach(_promised & ~node.Known, session => Passed(node, session));
        }
        else if (fleet.Timeline.Now > Math.Max(TroubledUntil, _hinderedUntil[node.Slot]) + Fleet.Recovery)
        {
            Break("V5", $"{node.State.Node} does not serve, though nothing hinders it");
        }
    }

    /// <summary>A request of the session would pass at this moment, or does.</summary>
    public void Passed(SimulatedNode node, int session)
    {
        if ((_promised & (1UL << session)) != 0 && fleet.Timeline.Now >= _promisedFrom[session] && TokenStands(node, session))
        {
            Break("V1", $"{node.State.Node} forwards session {session}, whose end was answered {fleet.Timeline.Now - _promisedFrom[session]} ms ago");
        }
    }

    /// <summary>V2: only a beginning from nothing refuses a token that a node accepted before.</summary>
    public void Extended(SimulatedNode node, long? before, long? after, long floor)
    {
        if (after > before && floor <= before)
        {
            Break("V2", $"{node.State.Node} refuses tokens that it accepted before, though the data are the same");
        }
    }

    /// <summary>
    /// V3. A promised end that the server lacks when an epoch opens is lost. That is outside the promise where nobody who knew it was able
    /// to come back in time, but somebody who did not know it was. Where nobody is left at all, <c>since</c> protects it, though not
    /// against a refresh.
    /// </summary>
    public void Opened(SimulatedServer server)
    {
        Openings++;
        DataSet data = server.Data;
        bool someServedBefore = fleet.AnyNode(static node => node.State.Since is not null);
        Fleet.ForEach(_promisedInStore & ~Kept(data), session =>
        {
            Losses++;
            ulong bit = 1UL << session;
            if (fleet.AnyNode(node => (node.Known & bit) != 0 && node.IsRunning && Math.Max(_hinderedUntil[node.Slot], 1) <= server.MasterSince))
            {
                Break("V3", $"an epoch opens without the end of session {session}, and somebody knew it");
            }

            _promisedInStore &= ~bit;
            bool protectedBySince = data.Floor > _issuedAt[session] || (data.Since > _issuedAt[session] && !someServedBefore);
            if ((data.Entries & bit) == 0 && (_clockJumped || !protectedBySince))
            {
                _promised &= ~bit;
            }
        });
    }

    /// <summary>V3 where an end has to reach a replica: the most advanced one has every end that was answered in the present epoch.</summary>
    public void PromotedMostAdvanced(SimulatedServer former, SimulatedServer next) =>
        Fleet.ForEach(_promisedInStore & Kept(former.Data) & ~Kept(next.Data), session =>
        {
            if (_answeredIn[session] == former.Data.Epoch)
            {
                Break("V3", $"no replica has the end of session {session}");
            }
        });

    /// <summary>When all is quiet: V3 once more, on what the server holds.</summary>
    public void End(SimulatedServer master, ulong expected)
    {
        if ((_promisedInStore & ~Kept(master.Data)) is var lost and not 0)
        {
            Break("V3", $"session {BitOperations.TrailingZeroCount(lost)} is back");
        }

        if ((expected & ~_promised) is var unanswered and not 0)
        {
            Break("V5", $"the end of session {BitOperations.TrailingZeroCount(unanswered)} is not answered, though nothing hinders it");
        }
    }

    private static ulong Kept(DataSet data) => data.HasSessions ? data.Entries & data.Tombstones : data.Entries;

    private void Break(string invariant, string what) => Broken ??= new Broken(invariant, fleet.Timeline.Now, what);
}
