using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// Holds a history against R1..R6, by what clients were told and when; it knows no rule of the table, no label and no record.
/// A stretch is the time between two losses: within one, all writes follow from each other.
/// </summary>
internal sealed class Judge(SimulatedSession session)
{
    private readonly History _history = session.History;
    private readonly TheftWatch _theft = new(session);
    private readonly Dictionary<int, Token> _numbers = [];
    private readonly Dictionary<Token, Token> _successors = [];

    /// <summary>When a token first made a leaf. A stretch may begin with a pair that is handed out again.</summary>
    private readonly Dictionary<Token, long> _firstMade = [];
    private readonly HashSet<(int Number, string Label)> _presented = [];
    private bool _adoptedInStretch;
    private bool _thiefActs;
    private bool _endRequested;
    private long? _endedAt;

    /// <summary>Leaves lost in fail-overs.</summary>
    public int LostLeaves { get; private set; }

    private int LostWrites { get; set; }

    /// <summary>Whether nothing but the owner's own conduct decides what the owner is told.</summary>
    public bool OwnerIsAlone => !_thiefActs && !_endRequested;

    public void ThiefActs() => _thiefActs = true;

    public void EndRequested() => _endRequested = true;

    public void EndAcknowledged() => _endedAt ??= session.Now;

    public void Stolen() => _theft.Restart();

    public void FailedOver(int leaves, int writes)
    {
        if (writes == 0)
        {
            return;
        }

        LostLeaves += leaves;
        LostWrites += writes;
        _numbers.Clear();
        _successors.Clear();
        _firstMade.Clear();
        _presented.Clear();
        _adoptedInStretch = false;
        _theft.FailedOver();
    }

    /// <summary>The session has been told that an access token is at work.</summary>
    public void Used(Token token, Party party, long at) => _theft.Used(token, party, at, LostWrites > 0);

    public void Decided(RefreshCall call)
    {
        _theft.Decided(call, LostWrites > 0);
        if (call.Outcome.IsSuccess())
        {
            Require(_endedAt is null || call.DecidedAt < _endedAt, "R6", $"{call.Presented} gave {call.Returned} after the acknowledged end");
            CheckOneLiveLeaf(call);
            return;
        }

        if (call.Outcome == RefreshOutcome.Later)
        {
            bool early = _firstMade.TryGetValue(call.Presented, out long first) && call.DecidedAt <= first + _history.W;
            Require(!early, "R2", $"{call.Presented} is told to come later within W of its first success");
        }

        bool refused = call.Outcome is not (RefreshOutcome.Later or RefreshOutcome.TooManyRotations);
        Require(
            !refused || !OwnerIsAlone || call.Party == Party.Thief || Expired(call), "R2", $"the owner's {call.Presented} is refused: {call.Outcome.Word()}");
    }

    /// <summary>
    /// A leaf that was replaced can be live again after a loss, while the nodes still know of its revocation; only a thief's late use of it
    /// lets its owner come by it.
    /// </summary>
    public void Answered(RefreshCall call) => Require(
        (_thiefActs && LostWrites > 0) || !session.RevokedTokens.Contains(call.Returned.Access.Value), "R1", $"the access token of {call.Returned} was revoked before it was handed out");

    public void Received(RefreshCall call) => _theft.Received(call, LostLeaves);

    /// <summary>Something has been revoked, or the owner has a newer pair.</summary>
    public void Revoked() => Require(
        !OwnerIsAlone || !session.RevokedTokens.Contains(session.Stored.Access.Value), "R2", $"the access token of {session.Stored} was revoked, and the owner has no other");

    public static void Require(bool holds, string invariant, string otherwise)
    {
        if (!holds)
        {
            throw new InvariantBrokenException(invariant, otherwise);
        }
    }

    private bool Expired(RefreshCall call)
    {
        // The token says when it was issued in whole seconds.
        DateTimeOffset issued = DateTimeOffset.FromUnixTimeSeconds(SimulatedSession.At(call.Presented.Issued).ToUnixTimeSeconds());
        DateTimeOffset now = SimulatedSession.At(call.DecidedAt);
        return now >= SimulatedSession.At(0) + session.Options.AbsoluteLifetime || now >= issued + session.Options.IdleLifetime;
    }

    private void CheckOneLiveLeaf(RefreshCall call)
    {
        (Token presented, Token returned) = (call.Presented, call.Returned);
        Require(returned.Number > presented.Number, "R1", $"{presented} gave {returned}, which is no newer");
        Require(!_numbers.TryGetValue(returned.Number, out Token? same) || same == returned, "R1", $"{same} and {returned} have one number");
        _numbers[returned.Number] = returned;
        if (call.Outcome == RefreshOutcome.Adopted)
        {
            Require(LostWrites > 0, "R1", $"{presented} was adopted, and nothing was lost");
            _adoptedInStretch = true;
        }

        if (_successors.TryGetValue(presented, out Token? before) && before != returned
            && !_presented.Contains(before.Refresh) && !_adoptedInStretch)
        {
            long age = call.DecidedAt - before.Issued;
            Require(age > _history.W + _history.Q, "R1", $"{presented} gave {before}, and {age} ms after its issue {returned}");
            Require(
                session.RevokedTokens.Contains(before.Access.Value) || PendingRevocation(call, before), "R1",
                $"{before} was replaced by {returned}, and its access token is not revoked");
        }

        _successors[presented] = returned;
        if (returned.Issued == call.DecidedAt)
        {
            _firstMade.TryAdd(presented, call.DecidedAt);
        }

        _presented.Add(presented.Refresh);
    }

    /// <summary>The call that replaces a leaf brings the revocation with it.</summary>
    private static bool PendingRevocation(RefreshCall call, Token replaced) =>
        call.Revocations.Any(entry => entry.Id == replaced.Access.Value);
}
