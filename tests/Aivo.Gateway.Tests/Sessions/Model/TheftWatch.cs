using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// R3 and R5. As long as owner and thief act further apart than W+Q (a use of an access token is an act too) and each presents the
/// newest token it has, they take turns; a turn succeeds when its answer arrives. Before a presentation is theft each has one successful
/// turn at most, and one more for every leaf that was lost.
/// </summary>
internal sealed class TheftWatch(SimulatedSession session)
{
    private readonly long _both = session.History.W + session.History.Q;
    private readonly long?[] _lastActs = new long?[2];
    private readonly int[] _turns = new int[2];
    private Party? _lastSuccess;
    private int _stretch;
    private (Token Token, long At)? _usedLive;

    /// <summary>The two came too close, or the thief stole again: whoever holds what is open once more.</summary>
    public void Restart()
    {
        _stretch++;
        Array.Clear(_turns);
        _lastSuccess = null;
    }

    public void FailedOver() => _usedLive = null;

    public void Used(Token token, Party party, long at, bool lost)
    {
        Act(party, at);
        _usedLive = lost ? null : (token, at);
    }

    public void Decided(RefreshCall call, bool lost)
    {
        bool apart = Act(call.Party, call.DecidedAt);
        if (call.SendsOlder)
        {
            Restart();
        }

        call.Stretch = apart && !call.SendsOlder ? _stretch : -1;
        if (!call.Outcome.IsSuccess())
        {
            return;
        }

        if (_usedLive is { } live)
        {
            Judge.Require(
                lost || call.Presented == live.Token || call.DecidedAt <= live.At + _both, "R3",
                $"{call.Presented} gave {call.Returned}, though {live.Token} had been live and used since {live.At}");
            _usedLive = call.Returned == live.Token ? _usedLive : null;
        }
    }

    public void Received(RefreshCall call, int lostLeaves)
    {
        if (call.Party == Party.Owner && session.Stolen.Contains(call.Returned))
        {
            // Overheard before: only now both hold the same.
            Restart();
            return;
        }

        if (call.Stretch != _stretch || call.Party == _lastSuccess)
        {
            return;
        }

        _lastSuccess = call.Party;
        Judge.Require(
            ++_turns[(int)call.Party] <= 1 + lostLeaves, lostLeaves == 0 ? "R3" : "R5",
            $"the {call.Party}'s turn {_turns[(int)call.Party]} succeeds, with {lostLeaves} leaves lost");
    }

    private bool Act(Party party, long at)
    {
        bool apart = _lastActs[1 - (int)party] is not { } other || Math.Abs(at - other) > _both;
        if (!apart)
        {
            Restart();
        }

        _lastActs[(int)party] = Math.Max(at, _lastActs[(int)party] ?? at);
        return apart;
    }
}
