using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using static Aivo.Gateway.Tests.Sessions.RefreshHistory;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>
/// Every rule earns its place: each test tells a short history that is right with all rules, and shows what it comes to without the one.
/// Clients are honest where nothing else is said: they present the highest number they have received, and abandon a request after T.
/// </summary>
public sealed class RefreshRulesTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>R2: two rotations were answered and then lost.</summary>
    [Fact]
    public void WithoutAdopting_AFailOverLogsTheClientOut()
    {
        AssertEarns(rules => rules with { AdoptsNewer = false }, RefreshOutcome.Adopted, RefreshOutcome.Theft, history =>
        {
            PresentedToken one = history.Newest;
            SessionRecord old = history.Record;
            PresentedToken three = history.Refresh(history.Refresh(one));
            history.FailOverTo(old);
            return history.Present(three);
        });
    }

    /// <summary>R2: the sibling's answer was under way, its write is lost, and another tab's parent took the number for another lineage.</summary>
    [Fact]
    public void WithoutAdoptingATwin_AFailOverLogsTheClientOut()
    {
        AssertEarns(rules => rules with { AdoptsTwin = false }, RefreshOutcome.Adopted, RefreshOutcome.Theft, history =>
        {
            PresentedToken one = history.Newest;
            SessionRecord old = history.Record;
            history.Refresh(one);
            PresentedToken sibling = history.After(W + Q + Millisecond).Refresh(one);
            history.FailOverTo(old);
            history.Refresh(history.Refresh(one));
            return history.After(T).Present(sibling);
        });
    }

    /// <summary>R2: a second tab sent the first token just before all this; of the leaves between, the store knows nothing.</summary>
    [Fact]
    public void WithoutWaitingAfterAnAdoption_ASecondTabEndsTheSession()
    {
        AssertEarns(rules => rules with { WaitsAfterAdoption = false }, RefreshOutcome.Later, RefreshOutcome.Theft, history =>
        {
            PresentedToken one = history.Newest;
            SessionRecord old = history.Record;
            PresentedToken three = history.Refresh(history.Refresh(one));
            history.After(Second).FailOverTo(old);
            history.Refresh(three);
            return history.After(Second).Present(one);
        });
    }

    /// <summary>R1: of two tabs that present one token at once, both get the one successor.</summary>
    [Fact]
    public void WithoutHandingOutAgain_TheSecondTabGetsNothing() =>
        AssertEarns(rules => rules with { HandsOutAgain = false }, RefreshOutcome.HandedOutAgain, RefreshOutcome.Later, history =>
        {
            PresentedToken one = history.Newest;
            history.Refresh(one);
            return history.Present(one);
        });

    /// <summary>
    /// A pair is handed out at the end of W, arrives T later and is used at once; a tab had sent the parent a moment before. A window from the
    /// issue is over by then: today the quiet window turns that into a wait, without which it is a theft (an earlier draft; R2).
    /// </summary>
    [Fact]
    public void WithoutCountingFromTheFirstUse_ATabIsKeptWaiting_OrTakenForAThief()
    {
        static RefreshOutcome Tell(RefreshHistory history)
        {
            PresentedToken one = history.Newest;
            history.Refresh(one);
            PresentedToken two = history.After(W).Refresh(one);
            history.After(T).Refresh(two);
            return history.After(Second).Present(one);
        }

        AssertEarns(rules => rules with { CountsFromFirstUse = false }, RefreshOutcome.HandedOutAgain, RefreshOutcome.Later, Tell);
        AssertEarns(rules => rules with { WaitsBeforeSuperseding = false }, RefreshOutcome.HandedOutAgain, RefreshOutcome.HandedOutAgain, Tell);
        AssertEarns(
            rules => rules with { CountsFromFirstUse = false, WaitsBeforeSuperseding = false }, RefreshOutcome.HandedOutAgain, RefreshOutcome.Theft, Tell);
    }

    /// <summary>R2: a pair is under way when another tab's parent replaces it, and the answer to that is lost (an earlier draft).</summary>
    [Fact]
    public void WithoutWaitingBeforeSuperseding_APairUnderWayIsDead()
    {
        AssertEarns(rules => rules with { WaitsBeforeSuperseding = false }, RefreshOutcome.Rotated, RefreshOutcome.Theft, history =>
        {
            PresentedToken one = history.Newest;
            history.Refresh(one);
            PresentedToken two = history.After(W).Refresh(one);
            history.After(Millisecond).Present(one);
            return history.After(T).Present(two);
        });
    }

    /// <summary>R2: the answer was lost, and the client was offline for a day (SR-43).</summary>
    [Fact]
    public void WithoutSuperseding_ALostAnswerLogsTheClientOut() =>
        AssertEarns(rules => rules with { Supersedes = false }, RefreshOutcome.Superseded, RefreshOutcome.Theft, history =>
        {
            PresentedToken one = history.Newest;
            history.Refresh(one);
            return history.After(Day).Present(one);
        });

    /// <summary>R3: the owner has refreshed and works with the new pair; the thief comes with the old token a day later.</summary>
    [Fact]
    public void WithSupersedingOfUsedLeaves_AThiefGetsAPair() =>
        AssertEarns(rules => rules with { SupersedesUnusedOnly = false }, RefreshOutcome.Theft, RefreshOutcome.Superseded, history =>
        {
            PresentedToken one = history.Newest;
            history.Refresh(one);
            history.After(Second).UseAccessToken();
            return history.After(Day).Steal(one);
        });

    /// <summary>R1: whoever holds the replaced leaf, its access token would work on beside the live one's (SR-44).</summary>
    [Fact]
    public void WithoutRevokingTheReplaced_TwoLeavesAreAlive()
    {
        Assert.True(ReplacedIsRevoked(RefreshRules.All));
        Assert.False(ReplacedIsRevoked(RefreshRules.All with { RevokesSuperseded = false }));

        static bool ReplacedIsRevoked(RefreshRules rules)
        {
            var history = new RefreshHistory(rules);
            PresentedToken one = history.Newest;
            history.Refresh(one);
            TokenId replaced = history.NewestAccess;
            Assert.Equal(RefreshOutcome.Superseded, history.After(Day).Present(one));
            return history.Revoked.Any(entry => entry.Kind == RevocationKind.Token && entry.Id == replaced.Value);
        }
    }

    /// <summary>R3: the thief refreshed first; the owner's presentation shows it, and must stop the thief.</summary>
    [Fact]
    public void WithoutEndingOnTheft_TheThiefGoesOn() =>
        AssertEarns(rules => rules with { EndsOnTheft = false }, RefreshOutcome.Ended, RefreshOutcome.Rotated, history =>
        {
            PresentedToken one = history.Newest;
            history.Steal(one);
            PresentedToken stolen = history.Newest;
            history.After(Day).Steal(stolen);
            stolen = history.Newest;
            history.After(Day).Present(one);
            return history.Steal(stolen);
        });

    /// <summary>R2: tabs rotate seventeen times in a moment; the answer to the first is under way, and its tab repeats.</summary>
    [Fact]
    public void WithForgetting_ASlowTabIsTakenForAThief()
    {
        AssertEarns(rules => rules with { NeverForgets = false }, RefreshOutcome.HandedOutAgain, RefreshOutcome.Theft, history =>
        {
            PresentedToken first = history.Newest;
            for (int i = 0; i < 18; i++)
            {
                history.Present(history.Newest);
            }

            return history.After(T).Present(first);
        });
    }

    /// <summary>R2: one tab is a step ahead of another whose request is slow.</summary>
    [Fact]
    public void WithoutKeepingEarlierLeaves_ASlowTabIsTakenForAThief() =>
        AssertEarns(rules => rules with { KeepsEarlier = false }, RefreshOutcome.HandedOutAgain, RefreshOutcome.Theft, history =>
        {
            PresentedToken one = history.Newest;
            history.Refresh(history.Refresh(one));
            return history.After(Second).Present(one);
        });

    /// <summary>A rule that is added wants a history here.</summary>
    [Fact]
    public void EveryRule_IsTakenAwayByATest() => Assert.Equal(
        [
            "AdoptsNewer", "AdoptsTwin", "CountsFromFirstUse", "EndsOnTheft", "HandsOutAgain", "KeepsEarlier", "NeverForgets",
            "RevokesSuperseded", "Supersedes", "SupersedesUnusedOnly", "WaitsAfterAdoption", "WaitsBeforeSuperseding",
        ],
        typeof(RefreshRules).GetProperties().Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name).Order(StringComparer.Ordinal));

    private static void AssertEarns(
        Func<RefreshRules, RefreshRules> without, RefreshOutcome right, RefreshOutcome wrong, Func<RefreshHistory, RefreshOutcome> tell)
    {
        Assert.Equal(right, tell(new RefreshHistory()));
        Assert.Equal(wrong, tell(new RefreshHistory(without(RefreshRules.All))));
    }
}
