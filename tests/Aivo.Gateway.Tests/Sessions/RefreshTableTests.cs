using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using static Aivo.Gateway.Tests.Sessions.RefreshHistory;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>Each row of the table of refresh rules, to the millisecond. Numbers in names of variables are the tokens' numbers.</summary>
public sealed class RefreshTableTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly RefreshHistory _history = new();

    [Fact]
    public void LiveLeaf_Rotates_HoweverOldItIs()
    {
        PresentedToken one = _history.Newest;

        Assert.Equal(RefreshOutcome.Rotated, _history.After(Day).Present(one));
        Assert.Equal((2, LeafLabels.Child(one.Label, 2)), (_history.Newest.Number, _history.Newest.Label));
        Assert.Equal(_history.Now, Assert.Single(_history.Record.Earlier).FirstUsed);
        Assert.Equal(RefreshOutcome.Rotated, _history.Present(_history.Newest));
    }

    [Theory]
    [InlineData(0, "handed_out_again")]
    [InlineData(20_000, "handed_out_again")]
    [InlineData(20_001, "later")]
    [InlineData(45_000, "later")]
    [InlineData(45_001, "superseded")]
    [InlineData(-3_600_000, "handed_out_again")]
    public void ParentOfTheLiveLeaf_ThatNobodyUsed_CountsFromItsIssue(int milliseconds, string expected)
    {
        PresentedToken one = _history.Newest;
        PresentedToken two = _history.Refresh(one);

        Assert.Equal(expected, _history.After(TimeSpan.FromMilliseconds(milliseconds)).Present(one).Word());
        if (expected == "superseded")
        {
            Assert.Equal((3, LeafLabels.Child(one.Label, 3)), (_history.Newest.Number, _history.Newest.Label));
            Assert.Empty(_history.Record.Earlier);
        }
        else
        {
            Assert.Equal(two, _history.Newest);
            Assert.False(_history.Last.Commits);
        }
    }

    [Theory]
    [InlineData(20_000, "handed_out_again")]
    [InlineData(20_001, "later")]
    [InlineData(45_000, "later")]
    [InlineData(45_001, "theft")]
    [InlineData(-3_600_000, "handed_out_again")]
    public void ParentOfTheLiveLeaf_SeenAtWork_CountsFromThatUse_AndIsTheftThen(int milliseconds, string expected)
    {
        PresentedToken one = _history.Newest;
        _history.Refresh(one);
        _history.After(Day).UseAccessToken();

        Assert.Equal(expected, _history.After(TimeSpan.FromMilliseconds(milliseconds)).Present(one).Word());
    }

    [Theory]
    [InlineData(20_000, "handed_out_again")]
    [InlineData(20_001, "later")]
    [InlineData(45_000, "later")]
    [InlineData(45_001, "theft")]
    public void ParentOfAnEarlierLeaf_GetsTheLivePair_ForAsLong(int milliseconds, string expected)
    {
        PresentedToken one = _history.Newest;
        PresentedToken two = _history.Refresh(one);
        PresentedToken three = _history.After(Day).Refresh(two);

        Assert.Equal(expected, _history.After(TimeSpan.FromMilliseconds(milliseconds)).Present(one).Word());
        Assert.Equal(three, _history.Newest);
    }

    [Theory]
    [InlineData(20_001, 24_999, 25_000)]
    [InlineData(44_000, 1_000, 1_001)]
    [InlineData(45_000, 0, 1)]
    public void Later_SaysHowLong_AndNoLonger(int milliseconds, int tooSoon, int enough)
    {
        PresentedToken one = _history.Newest;
        _history.Refresh(one);
        _history.After(TimeSpan.FromMilliseconds(milliseconds)).Present(one);
        Assert.Equal(TimeSpan.FromMilliseconds(enough), _history.Last.RetryAfter);

        Assert.Equal(RefreshOutcome.Later, _history.After(TimeSpan.FromMilliseconds(tooSoon)).Present(one));
        Assert.Equal(RefreshOutcome.Superseded, _history.After(_history.Last.RetryAfter).Present(one));
    }

    /// <summary>SR-44: the leaf that is replaced is dead at once, and a presentation of it shows that two hold the session.</summary>
    [Fact]
    public void Superseding_RevokesTheReplacedAccessToken_AndTheReplacedRefreshTokenIsTheft()
    {
        PresentedToken one = _history.Newest;
        PresentedToken two = _history.Refresh(one);
        TokenId accessOfTwo = _history.NewestAccess;

        Assert.Equal(RefreshOutcome.Superseded, _history.After(W + Q + Millisecond).Present(one));
        Assert.Equal([RevocationEntry.ForToken(accessOfTwo, _history.Now + Retention)], _history.Revoked);
        Assert.Equal(RefreshOutcome.Theft, _history.Present(two));
    }

    [Fact]
    public void Theft_EndsAndRevokesTheSession_AndNothingIsGoodAfterwards()
    {
        PresentedToken one = _history.Newest;
        PresentedToken two = _history.Refresh(one);
        PresentedToken three = _history.After(Day).Refresh(two);

        Assert.Equal(RefreshOutcome.Theft, _history.After(W + Q + Millisecond).Steal(one));
        Assert.Equal(new SessionEnd(EndReason.Theft, _history.Now), _history.Record.End);
        Assert.Equal([RevocationEntry.ForSession(_history.Record.Id, _history.Now + Retention)], _history.Revoked);
        Assert.All([one, two, three], token => Assert.Equal(RefreshOutcome.Ended, _history.Present(token)));
    }

    /// <summary>SR-47, SR-48: a parent is told by lineage and number, so two rotations of one millisecond are told apart.</summary>
    [Fact]
    public void RotationsWithinOneMillisecond_AreToldApart()
    {
        PresentedToken one = _history.Newest;
        PresentedToken two = _history.Refresh(one);
        PresentedToken three = _history.Refresh(two);

        Assert.Equal(3, new[] { one, two, three }.Select(token => token.Label).Distinct().Count());
        Assert.All([one, two], token => Assert.Equal(RefreshOutcome.HandedOutAgain, _history.Present(token)));
        Assert.Equal(three, _history.Newest);
    }

    /// <summary>R4, SR-45: whoever polls with the parent finds each window end when it would have ended.</summary>
    [Fact]
    public void Polling_MovesNoWindow()
    {
        PresentedToken one = _history.Newest;
        _history.Refresh(one);
        SessionRecord before = _history.Record;
        List<string> outcomes = [];
        for (int second = 0; second <= 46; second++)
        {
            outcomes.Add(_history.Present(one).Word());
            _history.After(TimeSpan.FromSeconds(1));
            if (second == 45)
            {
                Assert.Same(before, _history.Record);
            }
        }

        Assert.Equal(
            [.. Enumerable.Repeat("handed_out_again", 21), .. Enumerable.Repeat("later", 25), "superseded"],
            outcomes);
    }

    [Fact]
    public void SeventeenthLeafWithinTheWindows_IsPutOff_AndItsTokenStaysGood()
    {
        PresentedToken first = _history.Newest, token = first;
        for (int i = 0; i < SessionLifecycle.MostEarlierLeaves; i++)
        {
            token = _history.After(TimeSpan.FromSeconds(1)).Refresh(token);
        }

        Assert.Equal(RefreshOutcome.TooManyRotations, _history.Present(token));
        Assert.Equal(W + Q - TimeSpan.FromSeconds(15) + Millisecond, _history.Last.RetryAfter);
        Assert.Equal(RefreshOutcome.HandedOutAgain, _history.Present(first));
        Assert.Equal(token, _history.Newest);

        _history.Present(token);
        TimeSpan wait = _history.Last.RetryAfter;
        Assert.Equal(RefreshOutcome.TooManyRotations, _history.After(wait - Millisecond).Present(token));
        Assert.Equal(RefreshOutcome.Rotated, _history.After(Millisecond).Present(token));
        Assert.Equal(Enumerable.Range(2, 16), _history.Record.Earlier.Select(leaf => leaf.Number));
    }

    /// <summary>Clients change networks: a first sight is counted, an event is raised from the third on, and nobody is refused.</summary>
    [Fact]
    public void LeafHandedToASecondClient_IsCountedOnce()
    {
        PresentedToken token = _history.Newest;
        for (int shared = 1; shared <= 3; shared++)
        {
            PresentedToken next = _history.Refresh(token);
            Assert.Equal(RefreshOutcome.HandedOutAgain, _history.Present(token));
            Assert.Equal(RefreshOutcome.Shared, _history.Steal(token));
            Assert.Equal(RefreshOutcome.HandedOutAgain, _history.Steal(token));
            Assert.Equal((shared, next), (_history.Record.SharedLeaves, _history.Newest));
            token = next;
        }
    }

    [Fact]
    public void SharedSession_Ends_WhereTheSettingsSaySo()
    {
        var history = new RefreshHistory { Settings = Options with { EndShared = true } };
        PresentedToken token = history.Newest;
        for (int shared = 1; shared <= 3; shared++)
        {
            PresentedToken next = history.Refresh(token);
            Assert.Equal(shared < 3 ? RefreshOutcome.Shared : RefreshOutcome.EndedShared, history.Steal(token));
            token = next;
        }

        Assert.Equal(EndReason.SharedToken, history.Record.End!.Reason);
        Assert.Equal([RevocationEntry.ForSession(history.Record.Id, history.Now + Retention)], history.Revoked);
    }

    [Fact]
    public void LeafOfAnEarlierRelease_WhichDoesNotSayToWhom_IsNotCountedAsShared()
    {
        PresentedToken one = _history.Newest;
        _history.Refresh(one);
        _history.FailOverTo(_history.Record with { Live = _history.Record.Live with { HandedTo = default } });

        Assert.Equal(RefreshOutcome.HandedOutAgain, _history.Steal(one));
    }
}
