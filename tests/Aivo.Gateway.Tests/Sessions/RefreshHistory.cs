using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>
/// One session told step by step, on virtual time: what is presented when, by whom, and what came of it. T = 10 s and D = 5 s, so
/// W = 20 s and Q = 25 s.
/// </summary>
internal sealed class RefreshHistory(RefreshRules? rules = null)
{
    public static readonly TimeSpan T = Options.ClientTimeout;
    public static readonly TimeSpan W = 2 * T;
    public static readonly TimeSpan Q = W + Options.MaxHold;
    public static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private static readonly ClientFingerprint Owner = Client.Fingerprint;
    private static readonly ClientFingerprint Thief = new("198.51.100.0/24 00000000");

    public SessionsOptions Settings { get; init; } = Options;

    /// <summary>What the store holds.</summary>
    public SessionRecord Record { get; private set; } = NewRecord();

    public DateTimeOffset Now { get; private set; } = Noon;

    /// <summary>What came of the last presentation.</summary>
    public SessionDecision<RefreshOutcome> Last { get; private set; } = null!;

    /// <summary>Everything revoked so far.</summary>
    public List<RevocationEntry> Revoked { get; } = [];

    /// <summary>The refresh token of the live leaf: what a success hands out.</summary>
    public PresentedToken Newest => TokenOf(Record);

    public TokenId NewestAccess => TokenIds.ForLeaf(Record.Live.Label, Record.Live.Issued);

    public RefreshHistory After(TimeSpan time)
    {
        Now += time;
        return this;
    }

    public RefreshOutcome Present(PresentedToken token) => Present(token, Owner);

    public RefreshOutcome Steal(PresentedToken token) => Present(token, Thief);

    /// <summary>Presents a token that must be good for a pair, and returns the refresh token of that.</summary>
    public PresentedToken Refresh(PresentedToken token)
    {
        RefreshOutcome outcome = Present(token);
        Assert.True(outcome.IsSuccess(), outcome.Word());
        return Newest;
    }

    /// <summary>The access token of the live leaf is seen at a protected route.</summary>
    public void UseAccessToken() => Record = SessionLifecycle.MarkUsed(Record, NewestAccess, Now) ?? Record;

    /// <summary>The store has lost everything it was told since it held the record.</summary>
    public void FailOverTo(SessionRecord record) => Record = record;

    public void End() => Record = SessionLifecycle.End(Record.Id, Record, EndReason.Logout, Now, Retention).Record!;

    private RefreshOutcome Present(PresentedToken token, ClientFingerprint presenter)
    {
        Last = SessionLifecycle.Refresh(Record, token with { Presenter = presenter }, Now, Settings, "key-1", Retention, rules);
        if (!Last.Commits)
        {
            Assert.Same(Record, Last.Record);
            Assert.Empty(Last.Revocations);
        }

        Record = Last.Record!;
        Revoked.AddRange(Last.Revocations);
        return Last.Outcome;
    }
}
