using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>The steps one by one; what they promise together is shown by the simulation.</summary>
public sealed class RevocationLeaseTests
{
    private const long Lease = 1_000;

    private static readonly LeaseState New = new() { Node = "node" };

    private static readonly LeaseState Serving = New with { Epoch = "a", Applied = 10, Restored = true, FreshUntil = 1_500, Since = 50 };

    private static readonly SyncReply Reply = new()
    {
        Outcome = SyncOutcome.Read,
        Epoch = "a",
        Open = true,
        Since = 50,
        Last = 12,
        Reached = 12,
        Acknowledged = true,
    };

    [Fact]
    public void LeaseCountsFromTheSending_NotFromTheReply()
    {
        LeaseStep step = Exchange(Serving, Reply, sentAt: 1_000, now: 1_400);
        Assert.Equal((2_000, LeaseAction.Pause, 12), (step.State.FreshUntil, step.Action, step.State.Applied));
        Assert.True(step.State.IsFreshAt(1_999));
        Assert.False(step.State.IsFreshAt(2_000));
    }

    /// <summary>A server that was stopped answers, when it goes on, what it was asked long before.</summary>
    [Theory]
    [InlineData(1_500, 2_000, false)]
    [InlineData(1_501, 1_500, true)]
    [InlineData(1_999, 1_500, true)]
    [InlineData(2_500, 1_500, true)]
    public void LateReply_DoesNotTakeUpALeaseThatIsOver_AndTheNextSyncIsSentAtOnce(long now, long freshUntil, bool atOnce)
    {
        LeaseStep step = Exchange(Serving, Reply, sentAt: 1_000, now);
        Assert.Equal((freshUntil, atOnce), (step.State.FreshUntil, step.Action == LeaseAction.SyncAtOnce));
    }

    [Fact]
    public void LateReply_ExtendsALeaseThatIsNotOver() =>
        Assert.Equal(2_000, Exchange(Serving with { FreshUntil = 1_950 }, Reply, sentAt: 1_000, now: 1_900).State.FreshUntil);

    [Fact]
    public void EverySync_HasItsOwnSequence_AndSaysWhatIsApplied()
    {
        (LeaseState state, SyncRequest first) = RevocationLease.Sent(Serving, 1_000);
        (_, SyncRequest second) = RevocationLease.Sent(RevocationLease.Failed(state), 1_100);
        Assert.Equal(new SyncRequest("a", "node", 1, 10), first);
        Assert.Equal(new SyncRequest("a", "node", 2, 10), second);
    }

    [Fact]
    public void FailedSync_TakesNothingAway() =>
        Assert.Equal(Serving with { Sequence = 1 }, RevocationLease.Failed(RevocationLease.Sent(Serving, 1_000).State));

    [Fact]
    public void ReplyToASyncThatWasGivenUp_ChangesNothing() =>
        Assert.Equal(new LeaseStep(Serving, LeaseAction.Pause), RevocationLease.Received(Serving, Reply, 1_100, Lease));

    [Fact]
    public void IncompleteReply_AsksForMoreAtOnce_AndExtendsNothing()
    {
        LeaseStep step = Exchange(Serving, Reply with { Last = 99 }, 1_000, 1_010);
        Assert.Equal((12, 1_500, LeaseAction.SyncAtOnce), (step.State.Applied, step.State.FreshUntil, step.Action));
    }

    [Fact]
    public void WithoutTheReplicas_NothingIsExtended_AndTheMasterIsAskedFor()
    {
        LeaseStep step = Exchange(Serving, Reply with { Acknowledged = false }, 1_000, 1_010);
        Assert.Equal((1_500, LeaseAction.AskForMaster), (step.State.FreshUntil, step.Action));
    }

    [Fact]
    public void NoDataSet_IsBegunAnew()
    {
        LeaseStep step = Exchange(Serving, Reply with { Outcome = SyncOutcome.BeginNeeded, Epoch = null }, 1_000, 1_010);
        Assert.Equal(new LeaseStep(Serving with { Sequence = 1 }, LeaseAction.Begin), step);
    }

    [Fact]
    public void OtherEpoch_IsReadFromTheStart_AndRestored_BeforeTheNodeServesUnderIt()
    {
        SyncReply reply = Reply with { Epoch = "b", Since = 70 };
        LeaseStep step = Exchange(Serving, reply with { Outcome = SyncOutcome.OtherEpoch }, 1_000, 1_010);
        Assert.Equal(("b", 0, LeaseAction.SyncAtOnce), (step.State.Epoch, step.State.Applied, step.Action));
        Assert.Equal((1_500, 50), (step.State.FreshUntil, step.State.Since));

        step = Exchange(step.State, reply, 1_020, 1_030);
        Assert.Equal((LeaseAction.Restore, 50, 1_500), (step.Action, step.LowerSinceTo, step.State.FreshUntil));

        Assert.False(RevocationLease.Restored(step.State, "a").Restored);
        step = Exchange(RevocationLease.Restored(step.State, "b"), reply with { Since = 50 }, 1_040, 1_050);
        Assert.Equal((LeaseAction.Pause, 2_040, 50), (step.Action, step.State.FreshUntil, step.State.Since));
    }

    [Theory]
    [InlineData(null, 0, 70, null)]
    [InlineData(50L, 0, 70, 50L)]
    [InlineData(50L, 60, 70, 60L)]
    [InlineData(50L, 70, 70, null)]
    [InlineData(70L, 0, 70, null)]
    public void SinceIsLowered_OnlyByANodeThatServed_AndNeverBelowABeginningFromNothing(long? own, long floor, long since, long? expected)
    {
        LeaseState state = New with { Epoch = "b", Since = own };
        LeaseStep step = Exchange(state, Reply with { Epoch = "b", Since = since, Floor = floor }, 1_000, 1_010);
        Assert.Equal((LeaseAction.Restore, expected), (step.Action, step.LowerSinceTo));
    }

    [Fact]
    public void ClosedEpoch_GivesNoLease_AndIsOpenedTwoLeasesAfterTheFirstAcknowledgedReply()
    {
        SyncReply closed = Reply with { Open = false };
        LeaseStep step = Exchange(Serving, closed with { Acknowledged = false }, 1_000, 1_100);
        Assert.Null(step.State.ClosedSeenAt);

        step = Exchange(step.State, closed, 1_200, 1_300);
        Assert.Equal((LeaseAction.Pause, 1_300, 1_500), (step.Action, step.State.ClosedSeenAt, step.State.FreshUntil));
        Assert.Equal(LeaseAction.Pause, Exchange(step.State, closed, 3_200, 3_299).Action);

        step = Exchange(step.State, closed, 3_200, 3_300);
        Assert.Equal((LeaseAction.Open, 1_500), (step.Action, step.State.FreshUntil));
        step = Exchange(step.State, Reply, 3_400, 3_410);
        Assert.Equal((LeaseAction.Pause, 4_400, null), (step.Action, step.State.FreshUntil, step.State.ClosedSeenAt));
    }

    [Fact]
    public void NodeThatHasNotRestoredWhatItKnows_DoesNotOpen()
    {
        LeaseState state = Serving with { Restored = false, ClosedSeenAt = 1_000 };
        Assert.Equal(LeaseAction.Restore, Exchange(state, Reply with { Open = false }, 5_000, 5_010).Action);
    }

    [Fact]
    public void NodeThatMakesEveryRevocationItself_StaysFresh()
    {
        LeaseState alone = Serving with { FreshUntil = long.MaxValue };
        Assert.Equal(long.MaxValue, Exchange(alone, Reply, 1_000, 1_010).State.FreshUntil);
    }

    private static LeaseStep Exchange(LeaseState state, SyncReply reply, long sentAt, long now) =>
        RevocationLease.Received(RevocationLease.Sent(state, sentAt).State, reply, now, Lease);
}
