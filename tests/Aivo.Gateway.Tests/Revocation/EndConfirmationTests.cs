using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>When an end may be answered; committed as number 12 at time 5,000, while two other nodes had lease fields.</summary>
public sealed class EndConfirmationTests
{
    private const long Lease = 1_000;

    private static readonly EndConfirmation End = new()
    {
        Epoch = "a",
        Number = 12,
        CommittedAt = 5_000,
        Others = [new LeaseField("b", 3, 11), new LeaseField("c", 8, 11)],
    };

    private static readonly LeaseState Own = new() { Node = "a", Epoch = "a", Applied = 12, Restored = true, FreshUntil = 9_000 };

    private static readonly SyncReply AllApplied = new()
    {
        Outcome = SyncOutcome.Read,
        Epoch = "a",
        Open = true,
        Last = 12,
        Reached = 12,
        Acknowledged = true,
        Leases = [new LeaseField("a", 4, 12), new LeaseField("b", 4, 12), new LeaseField("c", 9, 13)],
    };

    private static readonly SyncReply OneSilent = AllApplied with
    {
        Leases = [new LeaseField("a", 4, 12), new LeaseField("b", 4, 12), new LeaseField("c", 8, 11)],
    };

    [Fact]
    public void AllHaveAppliedIt_ItIsConfirmedByTheFirstLaterSync() =>
        Assert.Equal(EndStep.Confirmed, End.Judge(AllApplied, Own, sentAt: 5_000, now: 5_010, Lease));

    [Fact]
    public void SyncThatWasSentBeforeTheCommitsReply_DoesNotCount() => AssertWaits(AllApplied, Own, sentAt: 4_999);

    [Fact]
    public void SyncThatTheReplicasDidNotAcknowledge_DoesNotCount() => AssertWaits(AllApplied with { Acknowledged = false }, Own, 5_000);

    [Fact]
    public void IncompleteSync_DoesNotCount() => AssertWaits(AllApplied with { Reached = 11 }, Own, 5_000);

    [Fact]
    public void SyncThatFoundNoDataSet_DoesNotCount() => AssertWaits(AllApplied with { Outcome = SyncOutcome.BeginNeeded }, Own, 5_000);

    [Fact]
    public void NodeWithoutALease_DoesNotConfirm() => AssertWaits(AllApplied, Own with { FreshUntil = 5_010 }, 5_000);

    [Fact]
    public void LeaseFieldsThatWereNotAskedFor_SayNothing() => AssertWaits(AllApplied with { Leases = null }, Own, 5_000);

    [Fact]
    public void NodeThatHasGone_IsNotWaitedFor()
    {
        SyncReply gone = AllApplied with { Leases = [new LeaseField("a", 4, 12), new LeaseField("b", 4, 12)] };
        Assert.Equal(EndStep.Confirmed, End.Judge(gone, Own, 5_000, 5_010, Lease));
    }

    [Fact]
    public void NodeThatJoinedLater_IsNotWaitedFor()
    {
        SyncReply joined = AllApplied with { Leases = [.. AllApplied.Leases!, new LeaseField("d", 1, 0)] };
        Assert.Equal(EndStep.Confirmed, End.Judge(joined, Own, 5_000, 5_010, Lease));
    }

    [Fact]
    public void SilentNode_IsWaitedForUntilItsLeaseIsOver_AndThenRemovedWithTheSequenceItHad()
    {
        AssertWaits(OneSilent, Own, 5_900, now: 5_999);

        EndStep step = End.Judge(OneSilent, Own, 5_900, 6_000, Lease);
        Assert.Equal((EndVerdict.Confirmed, new LeaseField("c", 8, 11)), (step.Verdict, Assert.Single(step.Silent)));
    }

    [Fact]
    public void NodeThatSyncsAndIsBehind_IsWaitedForALease_AndNotRemoved()
    {
        SyncReply behind = AllApplied with { Leases = [new LeaseField("c", 9, 11)] };
        AssertWaits(behind, Own, 5_900, now: 5_999);
        Assert.Equal((EndVerdict.Confirmed, 0), Counts(End.Judge(behind, Own, 5_900, 6_000, Lease)));
    }

    [Fact]
    public void NobodyIsWaitedFor_WhereTheEndNamesNobody() =>
        Assert.Equal(EndStep.Confirmed, (End with { Others = [] }).Judge(OneSilent with { Leases = null }, Own, 5_000, 5_010, Lease));

    [Fact]
    public void AnotherEpoch_FailsTheEnd() =>
        Assert.Equal(EndStep.Failed, End.Judge(AllApplied with { Epoch = "b" }, Own with { Epoch = "b" }, 5_000, 5_010, Lease));

    [Fact]
    public void ThreeLeases_FailTheEnd()
    {
        Assert.False(End.IsTooLate(7_999, Lease));
        Assert.Equal(EndStep.Failed, End.Judge(AllApplied, Own, 7_990, 8_000, Lease));
    }

    private static void AssertWaits(SyncReply reply, LeaseState own, long sentAt, long now = 5_010) =>
        Assert.Equal(EndStep.Waiting, End.Judge(reply, own, sentAt, now, Lease));

    private static (EndVerdict Verdict, int Silent) Counts(EndStep step) => (step.Verdict, step.Silent.Length);
}
