using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using static Aivo.Gateway.Tests.Sessions.RefreshHistory;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>
/// Histories on which other designs of these rules failed (docs/adr/0012-refresh-rules.md). Those that a rule of ours can be taken away
/// for are in <see cref="RefreshRulesTests"/>: the window from the rotation, and the pair that was replaced while under way.
/// </summary>
public sealed class EarlierDraftTests
{
    private readonly RefreshHistory _history = new();

    /// <summary>
    /// Numbers alone do not tell lineages apart: after theft and a fail-over, the thief's 2 is not the parent of the owner's 3.
    /// </summary>
    [Fact]
    public void NumbersWithoutLabels_WouldTakeTheThiefsTokenForAParent()
    {
        PresentedToken one = _history.Newest;
        _history.Steal(one);
        PresentedToken stolenTwo = _history.Newest;
        PresentedToken three = _history.After(W + Q + Millisecond).Refresh(one);
        Assert.Equal((2, 3), (stolenTwo.Number, three.Number));
        SessionRecord before = _history.Record;
        _history.Refresh(three);
        _history.FailOverTo(before);

        Assert.Equal(RefreshOutcome.Theft, _history.Steal(stolenTwo));
    }

    /// <summary>Nothing counts how often a pair is handed out: six tabs are restored at once, each repeats once, and one is slow.</summary>
    [Fact]
    public void CapOnGraces_WouldEndASessionOfManyTabs()
    {
        PresentedToken one = _history.Newest;
        PresentedToken two = _history.After(TimeSpan.FromDays(1)).Refresh(one);
        for (int presentation = 0; presentation < 11; presentation++)
        {
            Assert.Equal(RefreshOutcome.HandedOutAgain, _history.Present(one));
        }

        Assert.Equal(RefreshOutcome.HandedOutAgain, _history.After(T + Options.MaxHold).Present(one));
        Assert.Equal(two, _history.Newest);
    }

    /// <summary>The label of a leaf made again is that of the lost one. From the label alone its access token would be born revoked.</summary>
    [Fact]
    public void TokenIdFromTheLabelAlone_WouldBeBornRevoked()
    {
        PresentedToken one = _history.Newest;
        SessionRecord old = _history.Record;
        string label = _history.Refresh(one).Label;
        _history.After(W + Q + Millisecond).Refresh(one);
        _history.FailOverTo(old);

        Assert.Equal(label, _history.Refresh(one).Label);
        Assert.Equal(RevocationKind.Token, Assert.Single(_history.Revoked).Kind);
        Assert.DoesNotContain(_history.Revoked, entry => entry.Id == _history.NewestAccess.Value);
    }

    /// <summary>
    /// R1: between a node's read and its commit the store fails over, and another node rotates: the number of the record it read has come
    /// round again. Its bytes have not.
    /// </summary>
    [Fact]
    public async Task VersionNumberInTheCompare_WouldMakeTwoSuccessors()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        var store = new ObservedStore(new InMemorySessionStore(new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Noon)));
        SessionTransactions node = Transactions(store);
        SessionRecord lost = await StoreNewAsync(store, cancellationToken);
        SessionRecord other = lost with { Live = lost.Live with { Label = LeafLabels.CreateRoot() } };
        byte[] otherBytes = SessionRecordCodec.Encode(other);
        store.BeforeCommit = async () =>
        {
            store.BeforeCommit = null;
            byte[]? bytes = (await store.ReadAsync(lost.Id, cancellationToken)).Bytes;
            await store.Inner.CommitAsync(lost.Id, bytes, new SessionWrite(otherBytes, other.AbsoluteEnd, []), cancellationToken);
        };

        SessionResult<RefreshOutcome> result = await node.RefreshAsync(TokenOf(lost), "key-1", Active, cancellationToken);

        // Decided again on what is there: the token of the lost history is adopted, and nothing was written over the other one blindly.
        Assert.Equal(1, store.Conflicts);
        Assert.Equal(RefreshOutcome.Adopted, result.Outcome);
        Assert.Contains(result.Record!.Earlier, leaf => leaf.Label == other.Live.Label);
    }
}
