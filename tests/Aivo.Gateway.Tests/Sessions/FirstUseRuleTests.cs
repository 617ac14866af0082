using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>When the sight of an access token on a protected route changes a session's record.</summary>
public sealed class FirstUseRuleTests
{
    private readonly SessionRecord _record = NewRecord();

    [Fact]
    public void TokenOfTheLiveLeaf_IsItsFirstUse_AndNothingElseChanges()
    {
        DateTimeOffset later = Noon.AddSeconds(3);

        SessionRecord? next = SessionLifecycle.MarkUsed(_record, TokenOf(_record.Live), later);

        Assert.Equal(_record with { Live = _record.Live with { FirstUsed = later } }, next);
    }

    [Fact]
    public void FirstUse_IsNotMoved() =>
        Assert.Null(SessionLifecycle.MarkUsed(_record with { Live = _record.Live with { FirstUsed = Noon } }, TokenOf(_record.Live), Noon.AddSeconds(3)));

    [Fact]
    public void TokenOfAnotherLeaf_ChangesNothing()
    {
        Leaf child = new(2, LeafLabels.Child(_record.Live.Label, 2), Noon, null, "key-1");

        Assert.Null(SessionLifecycle.MarkUsed(_record, TokenOf(child), Noon));
        Assert.Null(SessionLifecycle.MarkUsed(_record with { Live = child, Earlier = [_record.Live] }, TokenOf(_record.Live), Noon));
        Assert.Null(SessionLifecycle.MarkUsed(_record, TokenOf(_record.Live with { Issued = Noon.AddMilliseconds(1) }), Noon));
    }

    [Fact]
    public void SessionThatHasEndedOrExpiredOrIsNotThere_IsNotChanged()
    {
        TokenId token = TokenOf(_record.Live);

        Assert.Null(SessionLifecycle.MarkUsed(null, token, Noon));
        Assert.Null(SessionLifecycle.MarkUsed(_record with { End = new SessionEnd(EndReason.Logout, Noon) }, token, Noon));
        Assert.Null(SessionLifecycle.MarkUsed(_record, token, _record.AbsoluteEnd));
    }

    private static TokenId TokenOf(Leaf leaf) => TokenIds.ForLeaf(leaf.Label, leaf.Issued);
}
