using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// One call after the other on one session. It keeps count of when each pair's windows began, by what was told, so that a poll is only made
/// where none may change anything.
/// </summary>
internal sealed class PolledSession
{
    private readonly SimulatedSession _session = new(new History(PollingTests.T, PollingTests.D, []), RefreshRules.All, null);
    private readonly List<Token> _tokens;
    private readonly List<Window> _windows = [];

    public PolledSession() => _tokens = [_session.Stored];

    private sealed record Window(Token Parent, Token Child)
    {
        public long Start { get; set; } = Child.Issued;

        public bool Used { get; set; }
    }

    public long Now => _session.Now;

    /// <summary>From when the newest pair's windows count.</summary>
    public long LiveSince => _windows.Count > 0 ? _windows[^1].Start : Now;

    public void WaitUntil(long at) => _session.Wait(at - Now);

    /// <summary>Presents every parent whose windows are open, from two networks.</summary>
    public void Poll()
    {
        foreach (Window open in _windows.Where(window => Now - window.Start <= PollingTests.Both).ToArray())
        {
            foreach (bool elsewhere in (ReadOnlySpan<bool>)[false, true])
            {
                SessionDecision<RefreshOutcome> decision = Decide(open.Parent, elsewhere);
                Assert.True(decision.Outcome is RefreshOutcome.HandedOutAgain or RefreshOutcome.Shared or RefreshOutcome.Later or RefreshOutcome.Ended, $"a poll: {decision.Outcome.Word()}");
            }
        }
    }

    /// <returns>What the presenter is told.</returns>
    public string Present(int which)
    {
        Token presented = _tokens[Math.Max(0, _tokens.Count - 1 - which)];
        SessionDecision<RefreshOutcome> decision = Decide(presented, false);
        var live = Token.Of(decision.Record!);
        if (live != _tokens[^1])
        {
            BeginUse(presented);
            _windows.RemoveAll(window => window.Parent == presented && !window.Used);
            _windows.Add(new Window(presented, live));
            _tokens.Add(live);
        }

        // That others hold the pair too makes an event, and no difference to whoever is told.
        RefreshOutcome outcome = decision.Outcome == RefreshOutcome.Shared ? RefreshOutcome.HandedOutAgain : decision.Outcome;
        return $"{Now} {live} {decision.RetryAfter} {outcome.Word()}";
    }

    /// <summary>The newest access token is seen at work.</summary>
    public string Use()
    {
        SessionRecord? noted = SessionLifecycle.MarkUsed(_session.Read(), _tokens[^1].Access, SimulatedSession.At(Now));
        if (noted is not null)
        {
            Commit(noted);
            BeginUse(_tokens[^1]);
        }

        return $"{Now} {(noted is null ? "used before" : "used")}";
    }

    private void BeginUse(Token token)
    {
        foreach (Window window in _windows.Where(window => window.Child == token && !window.Used))
        {
            (window.Start, window.Used) = (Now, true);
        }
    }

    private SessionDecision<RefreshOutcome> Decide(Token token, bool elsewhere)
    {
        SessionDecision<RefreshOutcome> decision = SessionLifecycle.Refresh(
            _session.Read(), SimulatedSession.Present(token, elsewhere), SimulatedSession.At(Now), _session.Options, "key-1", SimulatedSession.Retention);
        if (decision.Commits)
        {
            Commit(decision.Record!);
        }

        return decision;
    }

    private void Commit(SessionRecord record) => _session.Redis.Commit(_session.Redis.Bytes, SessionRecordCodec.Encode(record), false);
}
