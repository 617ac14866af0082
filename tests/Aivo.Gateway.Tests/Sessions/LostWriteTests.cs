using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using static Aivo.Gateway.Tests.Sessions.RefreshHistory;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>SR-49, R2, R5: what follows when the store has lost acknowledged writes.</summary>
public sealed class LostWriteTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly RefreshHistory _history = new();

    [Fact]
    public void NumberAboveTheLiveOne_IsAdopted_AndRotates()
    {
        SessionRecord old = _history.Record;
        PresentedToken one = _history.Newest;
        PresentedToken two = _history.Refresh(one);
        PresentedToken three = _history.After(Day).Refresh(two);
        _history.After(Day).FailOverTo(old);

        Assert.Equal(RefreshOutcome.Adopted, _history.Present(three));
        Assert.Equal((4, LeafLabels.Child(three.Label, 4)), (_history.Newest.Number, _history.Newest.Label));
        Assert.Equal(new Adoption(3, _history.Now), _history.Record.Adopted);
        Assert.Equal([1, 3], _history.Record.Earlier.Select(leaf => leaf.Number));
        Assert.All(_history.Record.Earlier, leaf => Assert.Equal(_history.Now, leaf.FirstUsed));
    }

    /// <summary>
    /// A history never numbers two leaves alike. An answer with sibling 3 is under way; a fail-over loses it; another tab's parent, in
    /// flight too, makes another 3 of another lineage; then the first 3 is presented.
    /// </summary>
    [Fact]
    public void LiveNumberWithAnotherLabel_IsAdopted()
    {
        PresentedToken one = _history.Newest;
        SessionRecord old = _history.Record;
        _history.Refresh(one);
        Assert.Equal(RefreshOutcome.Superseded, _history.After(W + Q + Millisecond).Present(one));
        PresentedToken sibling = _history.Newest;
        _history.FailOverTo(old);
        PresentedToken two = _history.Refresh(one);
        PresentedToken three = _history.Refresh(two);
        Assert.Equal(sibling.Number, three.Number);
        Assert.NotEqual(sibling.Label, three.Label);

        Assert.Equal(RefreshOutcome.Adopted, _history.After(T).Present(sibling));
        Assert.Equal((4, LeafLabels.Child(sibling.Label, 4)), (_history.Newest.Number, _history.Newest.Label));
    }

    /// <summary>The lost leaf's own parent is told by its lineage; the leaf that was live until then is nobody's child any more.</summary>
    [Theory]
    [InlineData(0, "handed_out_again", "later")]
    [InlineData(20_000, "handed_out_again", "later")]
    [InlineData(20_001, "later", "later")]
    [InlineData(45_000, "later", "later")]
    [InlineData(45_001, "theft", "theft")]
    public void TokensOfTheLostLineage_AreToldToComeAgain_UntilTheWindowsAreOver(int milliseconds, string ofParent, string ofOther)
    {
        PresentedToken one = _history.Newest;
        SessionRecord old = _history.Record;
        PresentedToken two = _history.Refresh(one);
        PresentedToken three = _history.Refresh(two);
        PresentedToken four = _history.Refresh(three);
        SessionRecord after = Adopted(four, old);
        _history.After(TimeSpan.FromMilliseconds(milliseconds));

        // Each on its own: a theft would end the session for the others.
        foreach ((PresentedToken token, string expected) in new[] { (three, ofParent), (two, ofOther), (one, ofOther) })
        {
            _history.FailOverTo(after);
            Assert.Equal(expected, _history.Present(token).Word());
        }
    }

    [Fact]
    public void WaitingAfterAnAdoption_SaysHowLong()
    {
        PresentedToken one = _history.Newest;
        SessionRecord old = _history.Record;
        PresentedToken three = _history.Refresh(_history.Refresh(one));
        Adopted(three, old);

        Assert.Equal(RefreshOutcome.Later, _history.After(T).Present(one));
        Assert.Equal(W + Q - T + Millisecond, _history.Last.RetryAfter);
    }

    [Fact]
    public void NumberAboveTheAdoptedOne_IsNeverWaitedFor()
    {
        PresentedToken one = _history.Newest;
        SessionRecord old = _history.Record;
        PresentedToken three = _history.Refresh(_history.Refresh(one));
        Adopted(three, old);
        PresentedToken foreign = _history.Newest with { Label = LeafLabels.CreateRoot() };
        _history.Refresh(_history.Newest);

        Assert.Equal(RefreshOutcome.Theft, _history.Present(foreign));
    }

    [Fact]
    public void SecondLoss_IsAdoptedLikeTheFirst()
    {
        PresentedToken one = _history.Newest;
        SessionRecord old = _history.Record;
        PresentedToken three = _history.Refresh(_history.Refresh(one));
        Adopted(three, old);
        PresentedToken four = _history.Newest;
        Adopted(four, old);

        Assert.Equal(5, _history.Newest.Number);
        Assert.Equal(new Adoption(4, _history.Now), _history.Record.Adopted);
    }

    /// <summary>The id of a leaf made again tells it from the lost one, which a revocation or a mark may name.</summary>
    [Fact]
    public void LeafMadeAgain_IsNeitherRevokedNorMarked_ByTheLostOne()
    {
        PresentedToken one = _history.Newest;
        SessionRecord old = _history.Record;
        _history.Refresh(one);
        TokenId lost = _history.NewestAccess;
        _history.After(TimeSpan.FromSeconds(1)).FailOverTo(old);
        _history.Refresh(one);

        Assert.NotEqual(lost, _history.NewestAccess);
        Assert.Null(SessionLifecycle.MarkUsed(_history.Record, lost, _history.Now));
        Assert.NotNull(SessionLifecycle.MarkUsed(_history.Record, _history.NewestAccess, _history.Now));
    }

    [Fact]
    public void AdoptionThatWouldForgetALeaf_IsPutOff()
    {
        PresentedToken token = _history.Newest;
        for (int i = 0; i < 15; i++)
        {
            token = _history.Refresh(token);
        }

        SessionRecord full = _history.Record;
        PresentedToken newer = _history.Refresh(token);
        _history.FailOverTo(full);

        Assert.Equal(RefreshOutcome.TooManyRotations, _history.After(TimeSpan.FromSeconds(30)).Present(newer));
        Assert.Equal(W + Q - TimeSpan.FromSeconds(30) + Millisecond, _history.Last.RetryAfter);
        Assert.Equal(RefreshOutcome.Adopted, _history.After(_history.Last.RetryAfter).Present(newer));
    }

    /// <summary>
    /// R2, with D above 2T. A node decides on a record and holds the commit for D; meanwhile the same rotation is made elsewhere, answered and
    /// lost. The commit finds the bytes it read: the leaf is there again, D old, and its owner has had its token for a moment only.
    /// </summary>
    [Fact]
    public void DecisionHeldAcrossAFailOver_DoesNotMakeTheWindowsTooShort()
    {
        TimeSpan hold = TimeSpan.FromSeconds(30), almost = TimeSpan.FromSeconds(27);
        var history = new RefreshHistory { Settings = Options with { ClientTimeout = TimeSpan.FromSeconds(1), MaxHold = hold } };
        PresentedToken one = history.Newest;
        SessionRecord before = history.Record;
        history.Refresh(one);
        SessionRecord held = history.Record;
        history.FailOverTo(before);
        PresentedToken two = history.After(almost).Refresh(one);
        history.FailOverTo(held);

        // Sent at 27 s by another tab, which had not seen the answer yet; decided T + D later.
        Assert.Equal(RefreshOutcome.Later, history.After(hold).Present(one));
        Assert.Equal(RefreshOutcome.Rotated, history.Present(two));
    }

    private SessionRecord Adopted(PresentedToken newest, SessionRecord old)
    {
        _history.FailOverTo(old);
        Assert.Equal(RefreshOutcome.Adopted, _history.Present(newest));
        return _history.Record;
    }
}
