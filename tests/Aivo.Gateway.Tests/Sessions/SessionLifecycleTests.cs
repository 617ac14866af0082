using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class SessionLifecycleTests
{
    [Fact]
    public void NewSession_HasOneLiveLeaf_AndAFixedEnd()
    {
        SessionRecord record = NewRecord();

        Assert.Equal(1, record.Live.Number);
        Assert.Equal(Noon, record.Live.Issued);
        Assert.Null(record.Live.FirstUsed);
        Assert.Equal("key-1", record.Live.KeyId);
        Assert.Empty(record.Earlier);
        Assert.Equal(Noon + TimeSpan.FromDays(30), record.AbsoluteEnd);
        Assert.Null(record.End);
    }

    [Fact]
    public void LiveLeaf_Rotates_ToItsChild_UnderTheActiveKey()
    {
        SessionRecord record = NewRecord();
        DateTimeOffset later = Noon.AddMinutes(4);

        SessionDecision<RefreshOutcome> decision = SessionLifecycle.Refresh(record, TokenOf(record), later, Options, "key-2", Retention);

        Assert.Equal(RefreshOutcome.Rotated, decision.Outcome);
        Assert.True(decision.Commits);
        Assert.Empty(decision.Revocations);
        Assert.Equal(new Leaf(2, LeafLabels.Child(record.Live.Label, 2), later, null, "key-2"), decision.Record!.Live);
        Assert.Equal([record.Live with { FirstUsed = later }], decision.Record.Earlier);
    }

    [Fact]
    public void Rotation_DoesNotMoveTheAbsoluteEnd()
    {
        SessionRecord record = NewRecord();

        SessionRecord next = Rotated(record, Noon.AddDays(6));

        Assert.Equal(record.AbsoluteEnd, next.AbsoluteEnd);
    }

    [Fact]
    public void UnknownSession_IsRefused() => AssertRefused(RefreshOutcome.UnknownSession, null, TokenOf(NewRecord()), Noon);

    /// <summary>An end that is found already done is written again: whoever made it may not have heard that it holds.</summary>
    [Fact]
    public void EndedSession_IsRefused_EvenToItsLastToken_AndItsEndIsWrittenAgain()
    {
        SessionRecord ended = Ended(NewRecord(), Noon);

        SessionDecision<RefreshOutcome> decision = SessionLifecycle.Refresh(ended, TokenOf(ended), Noon.AddHours(1), Options, "key-1", Retention);

        Assert.Equal(RefreshOutcome.Ended, decision.Outcome);
        Assert.True(decision.Commits);
        Assert.Same(ended, decision.Record);
        Assert.Equal([RevocationEntry.ForSession(ended.Id, Noon.AddHours(1) + Retention)], decision.Revocations);
    }

    [Theory]
    [InlineData(-1, "rotated")]
    [InlineData(0, "expired_idle")]
    public void IdleLife_EndsToTheMillisecond(int milliseconds, string expected)
    {
        SessionRecord record = NewRecord();
        DateTimeOffset now = record.Live.Issued + Options.IdleLifetime + TimeSpan.FromMilliseconds(milliseconds);

        Assert.Equal(expected, SessionLifecycle.Refresh(record, TokenOf(record), now, Options, "key-1", Retention).Outcome.Word());
    }

    [Fact]
    public void IdleLife_CountsFromTheLaterOfLeafAndToken()
    {
        SessionRecord record = NewRecord();
        DateTimeOffset now = record.Live.Issued + Options.IdleLifetime;
        PresentedToken younger = TokenOf(record) with { IssuedAt = record.Live.Issued.AddSeconds(1) };

        Assert.Equal(RefreshOutcome.Rotated, SessionLifecycle.Refresh(record, younger, now, Options, "key-1", Retention).Outcome);
        AssertRefused(RefreshOutcome.ExpiredIdle, record, younger, now.AddSeconds(1));
    }

    [Theory]
    [InlineData(-1, "rotated")]
    [InlineData(0, "expired_absolute")]
    public void AbsoluteLife_EndsToTheMillisecond_HoweverBusyTheSession(int milliseconds, string expected)
    {
        SessionRecord record = NewRecord();
        for (int day = 5; day < 30; day += 5)
        {
            record = Rotated(record, Noon.AddDays(day));
        }

        DateTimeOffset now = Noon + Options.AbsoluteLifetime + TimeSpan.FromMilliseconds(milliseconds);
        Assert.Equal(expected, SessionLifecycle.Refresh(record, TokenOf(record), now, Options, "key-1", Retention).Outcome.Word());
    }

    [Fact]
    public void ShorterAbsoluteLife_InTheSettings_DoesNotTouchASessionThatIsThere()
    {
        SessionRecord record = NewRecord();
        SessionsOptions shorter = Options with { AbsoluteLifetime = TimeSpan.FromHours(1) };

        Assert.Equal(RefreshOutcome.Rotated, SessionLifecycle.Refresh(record, TokenOf(record), Noon.AddHours(2), shorter, "key-1", Retention).Outcome);
    }

    [Fact]
    public void EarlierLeaves_AreForgotten_WhenTheirWindowsAreOver()
    {
        SessionRecord second = Rotated(NewRecord(), Noon);

        Assert.Equal([1, 2], Rotated(second, Noon.AddSeconds(45)).Earlier.Select(leaf => leaf.Number));
        Assert.Equal([2], Rotated(second, Noon.AddSeconds(45).AddMilliseconds(1)).Earlier.Select(leaf => leaf.Number));
    }

    [Fact]
    public void ActiveUser_IsAdmitted_WithTheTenantOfNow()
    {
        SessionRecord record = NewRecord();
        var moved = new TenantId(Guid.Parse("aaaaaaaa-0000-4000-8000-000000000001"));
        SessionDecision<RefreshOutcome> decision = SessionLifecycle.Refresh(record, TokenOf(record), Noon, Options, "key-1", Retention);

        SessionDecision<RefreshOutcome> admitted = SessionLifecycle.Admit(decision, record, new UserStanding(true, moved), Noon, Retention);

        Assert.Equal(RefreshOutcome.Rotated, admitted.Outcome);
        Assert.Equal(moved, admitted.Record!.Tenant);
        Assert.Equal(decision.Record!.Live, admitted.Record.Live);
    }

    [Fact]
    public void InactiveUser_EndsTheSession_AndRevokesIt()
    {
        SessionRecord record = NewRecord();
        SessionDecision<RefreshOutcome> decision = SessionLifecycle.Refresh(record, TokenOf(record), Noon, Options, "key-1", Retention);

        SessionDecision<RefreshOutcome> refused = SessionLifecycle.Admit(decision, record, new UserStanding(false, Tenant), Noon, Retention);

        Assert.Equal(RefreshOutcome.UserInactive, refused.Outcome);
        Assert.True(refused.Commits);
        Assert.Equal(record with { End = new SessionEnd(EndReason.UserInactive, Noon) }, refused.Record);
        Assert.Equal([RevocationEntry.ForSession(record.Id, Noon + Retention)], refused.Revocations);
    }

    [Fact]
    public void End_KeepsEverythingElse_AndRevokesTheSession()
    {
        SessionRecord record = NewRecord();

        SessionDecision<EndOutcome> decision = SessionLifecycle.End(record.Id, record, EndReason.Logout, Noon.AddHours(1), Retention);

        Assert.Equal(EndOutcome.Ended, decision.Outcome);
        Assert.Equal(record with { End = new SessionEnd(EndReason.Logout, Noon.AddHours(1)) }, decision.Record);
        Assert.Equal([RevocationEntry.ForSession(record.Id, Noon.AddHours(1) + Retention)], decision.Revocations);
    }

    [Fact]
    public void RepeatedEnd_KeepsTheFirst_AndRevokesAgain()
    {
        SessionRecord ended = Ended(NewRecord(), Noon);

        SessionDecision<EndOutcome> again = SessionLifecycle.End(ended.Id, ended, EndReason.UserInactive, Noon.AddHours(1), Retention);

        Assert.Equal(EndOutcome.AlreadyEnded, again.Outcome);
        Assert.Same(ended, again.Record);
        Assert.True(again.Commits);
        Assert.Equal([RevocationEntry.ForSession(ended.Id, Noon.AddHours(1) + Retention)], again.Revocations);
    }

    [Fact]
    public void EndOfAnUnknownSession_WritesTheRevocationAlone()
    {
        SessionId id = SessionId.Create(0);

        SessionDecision<EndOutcome> decision = SessionLifecycle.End(id, null, EndReason.Logout, Noon, Retention);

        Assert.Equal(EndOutcome.UnknownSession, decision.Outcome);
        Assert.Null(decision.Record);
        Assert.True(decision.Commits);
        Assert.Equal([RevocationEntry.ForSession(id, Noon + Retention)], decision.Revocations);
    }

    [Fact]
    public void EveryOutcome_HasAWordOfItsOwn()
    {
        Assert.Equal(
            [
                "rotated", "adopted", "superseded", "handed_out_again", "shared", "later", "too_many_rotations", "theft", "ended_shared",
                "unknown_session", "ended", "expired_idle", "expired_absolute", "user_inactive",
            ],
            Enum.GetValues<RefreshOutcome>().Select(outcome => outcome.Word()));
        Assert.Equal(["ended", "already_ended", "unknown_session"], Enum.GetValues<EndOutcome>().Select(outcome => outcome.Word()));
    }

    private static SessionRecord Rotated(SessionRecord record, DateTimeOffset now)
    {
        SessionDecision<RefreshOutcome> decision = SessionLifecycle.Refresh(record, TokenOf(record), now, Options, "key-1", Retention);
        Assert.Equal(RefreshOutcome.Rotated, decision.Outcome);
        return decision.Record!;
    }

    private static SessionRecord Ended(SessionRecord record, DateTimeOffset now) =>
        SessionLifecycle.End(record.Id, record, EndReason.Logout, now, Retention).Record!;

    private static void AssertRefused(RefreshOutcome expected, SessionRecord? record, PresentedToken presented, DateTimeOffset now)
    {
        SessionDecision<RefreshOutcome> decision = SessionLifecycle.Refresh(record, presented, now, Options, "key-1", Retention);
        Assert.Equal(expected, decision.Outcome);
        Assert.False(decision.Commits);
        Assert.Same(record, decision.Record);
        Assert.Empty(decision.Revocations);
    }
}
