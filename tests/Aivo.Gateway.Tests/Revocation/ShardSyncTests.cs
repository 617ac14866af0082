using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;
using static Aivo.Gateway.Tests.Revocation.SyncUnderTest;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>The loop that runs the steps of the leased replica.</summary>
public sealed class ShardSyncTests : IAsyncDisposable
{
    private readonly SyncUnderTest _node = new();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task FirstSyncs_FindTheEpoch_ReadTheLog_AndMakeTheNodeFresh()
    {
        ScriptedLog.Read read = await _node.BeginAsync();
        Assert.Equal(("starting", false, null, 0), (_node.State.Status, _node.State.IsFresh, read.Request.Epoch, read.Request.Applied));
        Assert.Null(_node.State.LastSyncAge);
        read.Answer.SetResult(Other("a"));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 1, 1, _node.Session(1)));
        read = await _node.Log.NextAtOnceAsync();
        Assert.Equal((false, "a", 1), (_node.State.IsFresh, read.Request.Epoch, read.Request.Applied));
        Assert.True(_node.Replica.IsRevoked(new SessionId(1, 0)));

        read.Answer.SetResult(_node.Ok("a", 1));
        read = await _node.Log.NextAsync(_node.Time);
        Assert.Equal(("fresh", true, 0, 4), (_node.State.Status, _node.State.IsFresh, _node.State.Lag, read.Request.Sequence));
        Assert.Equal((Options.SyncInterval, Options.Lease - Options.SyncInterval), (_node.State.LastSyncAge, _node.State.LeaseLeft));
        Assert.Equal(["a"], _node.Followed);
    }

    [Fact]
    public async Task PendingPages_AreFetchedWithoutWaiting_AndTheNodeIsFreshAfterTheLast()
    {
        (await _node.BeginAsync()).Answer.SetResult(Other("a"));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 3, 1, _node.Session(1)));
        ScriptedLog.Read read = await _node.Log.NextAtOnceAsync();
        Assert.Equal((1, 2), (read.Request.Applied, _node.State.Lag));
        read.Answer.SetResult(_node.Ok("a", 3, 3, _node.Session(2), _node.Session(3)));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 3));
        await _node.Log.NextAsync(_node.Time);
        Assert.Equal((true, 0, 3), (_node.State.IsFresh, _node.State.Lag, _node.Replica.Count));
    }

    [Fact]
    public async Task News_IsAppliedAndToldAtOnce()
    {
        (await _node.BeginFreshAsync()).Answer.SetResult(_node.Ok("a", 1, 1, _node.Session(1)));
        Assert.Equal(1, (await _node.Log.NextAtOnceAsync()).Request.Applied);
    }

    [Fact]
    public async Task News_CountsAsApplied_WhenTheRequestsThatItEndedHaveUnwound()
    {
        ScriptedLog.Read read = await _node.BeginFreshAsync();
        RevocationEntry end = _node.Session(1);
        UnwindingRequest request = UnwindingRequest.Begin(_node.Requests, end);
        read.Answer.SetResult(_node.Ok("a", 1, 1, end));
        await Eventually.TrueAsync(() => request.IsTold, () => "the request was not told");
        Assert.Equal((0, 1), (_node.State.Lag, _node.Requests.Unwinding));

        _node.Requests.Remove(request);
        Assert.Equal(1, (await _node.Log.NextAtOnceAsync()).Request.Applied);
    }

    [Fact]
    public async Task RequestThatDoesNotUnwind_CostsTheLease_AndNeverTheOthersTheirAnswer()
    {
        ScriptedLog.Read read = await _node.BeginFreshAsync();
        RevocationEntry end = _node.Session(1);
        UnwindingRequest request = UnwindingRequest.Begin(_node.Requests, end);
        read.Answer.SetResult(_node.Ok("a", 1, 1, end));
        await Eventually.TrueAsync(() => request.IsTold, () => "the request was not told");
        _node.Time.Advance(Options.Lease);
        await Eventually.TrueAsync(() => _node.Log.Writes.Contains("ask for primary"), () => "the sync did not fail");
        Assert.Equal(("stale", false), (_node.State.Status, _node.State.IsFresh));
        Assert.Contains("RevocationSyncFailed", _node.Events.Events);

        _node.Time.Advance(Options.SyncInterval / 2);
        read = await _node.Log.NextAtOnceAsync();
        Assert.Equal(0, read.Request.Applied);
        _node.Requests.Remove(request);
        read.Answer.SetResult(_node.Ok("a", 1, 1, end));
        Assert.Equal(1, (await _node.Log.NextAtOnceAsync()).Request.Applied);
        Assert.Equal("fresh", _node.State.Status);
    }

    [Fact]
    public async Task SyncThatNeverAnswers_DoesNotStopTheLoop_AndTheNodeTurnsStaleAfterOneLease()
    {
        ScriptedLog.Read hanging = await _node.BeginFreshAsync();
        Assert.True(_node.State.IsFresh);

        _node.Time.Advance(Options.Lease);
        await Eventually.TrueAsync(() => _node.Log.Writes.Contains("ask for primary"), () => "it did not happen");
        Assert.Equal(("stale", false), (_node.State.Status, _node.State.IsFresh));
        hanging.Answer.SetResult(_node.Ok("a", 1, 1, _node.Session(1)));
        _node.Time.Advance(Options.SyncInterval / 2);
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 2, 2, _node.Session(1), _node.Session(2)));
        await _node.Log.NextAtOnceAsync();
        Assert.Equal(("fresh", 2), (_node.State.Status, _node.Replica.Count));
    }

    [Fact]
    public async Task Failures_AreSurvived_AndLoggedOncePerOutage()
    {
        ScriptedLog.Read read = await _node.BeginFreshAsync();
        for (int outage = 0; outage < 2; outage++)
        {
            for (int failure = 0; failure < 25; failure++)
            {
                read.Answer.SetException(failure % 2 == 0 ? new StoreUnavailableException("redis", null) : new InvalidOperationException("unexpected"));
                int asked = (25 * outage) + failure + 1;
                await Eventually.TrueAsync(() => _node.Log.Writes.Length == asked, () => "it did not happen");
                read = await AfterTimeAsync();
            }

            read.Answer.SetResult(_node.Ok("a", 0));
            read = await _node.Log.NextAsync(_node.Time);
        }

        Assert.True(_node.State.IsFresh);
        Assert.Equal(["RevocationEpochFollowed", "RevocationSyncFailed", "RevocationSyncFailed"], _node.Events.Events);
    }

    [Fact]
    public async Task NoLog_OrOneOfAnotherServer_IsBegun_AndOpenedAfterTwoLeases()
    {
        (await _node.BeginAsync()).Answer.SetResult(BeginNeeded(null));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(Other("a"));
        Assert.Equal(["begin instead of none"], _node.Log.Writes);
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 0) with { Open = false });
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 0) with { Open = false });
        for (int waited = 1; waited < 20; waited++)
        {
            ScriptedLog.Read closed = await _node.Log.NextAsync(_node.Time);
            Assert.Equal(("fenced", 1), (_node.State.Status, _node.Log.Writes.Length));
            closed.Answer.SetResult(_node.Ok("a", 0) with { Open = false });
        }

        (await _node.Log.NextAsync(_node.Time)).Answer.SetResult(_node.Ok("a", 0) with { Open = false });
        ScriptedLog.Read open = await _node.Log.NextAtOnceAsync();
        Assert.Equal("open a", _node.Log.Writes[^1]);
        open.Answer.SetResult(_node.Ok("a", 0) with { Since = 17 });
        await _node.Log.NextAsync(_node.Time);
        Assert.Equal((true, 17), (_node.State.IsFresh, _node.State.SinceOf(0)));
    }

    [Fact]
    public async Task AnotherEpoch_IsReadFromTheStart_AndWhatItLacksIsWrittenBack_BeforeTheNodeIsFreshInIt()
    {
        RevocationEntry[] known = [_node.Session(1), _node.Session(2), _node.Session(3)];
        _node.Restore = missing => [.. missing.Where(entry => entry.Id != 3)];
        (await _node.BeginFreshAsync(known)).Answer.SetResult(Other("b"));
        ScriptedLog.Read snapshot = await _node.Log.NextAtOnceAsync();
        Assert.Equal(("b", 0), (snapshot.Request.Epoch, snapshot.Request.Applied));
        snapshot.Answer.SetResult(_node.Ok("b", 1, 1, _node.Session(2)) with { Since = 99 });

        ScriptedLog.Read after = await _node.Log.NextAtOnceAsync();
        Assert.Equal(["append 1 to b", "since 0"], _node.Log.Writes);
        _node.Time.Advance(Options.Lease);
        Assert.False(_node.State.IsFresh);
        after.Answer.SetResult(_node.Ok("b", 4));
        await Eventually.TrueAsync(() => _node.Followed.Count == 2, () => "it did not happen");
    }

    [Fact]
    public async Task RestoreThatFails_IsRepeated_AndTheNodeIsNotFreshMeanwhile()
    {
        ScriptedLog.Read read = await _node.BeginFreshAsync(_node.Session(1));
        bool fails = true;
        _node.Restore = missing => fails ? throw new StoreUnavailableException("sessions", null) : missing;
        read.Answer.SetResult(Other("b"));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("b", 0));
        await Eventually.TrueAsync(() => _node.Log.Writes.Contains("ask for primary"), () => "it did not happen");
        fails = false;
        ScriptedLog.Read again = await AfterTimeAsync();
        again.Answer.SetResult(_node.Ok("b", 0));
        await _node.Log.NextAtOnceAsync();
        Assert.Contains("append 1 to b", _node.Log.Writes);
    }

    [Fact]
    public async Task UnacknowledgedSync_GivesNoLease_AndAsksForThePrimary()
    {
        ScriptedLog.Read read = await _node.BeginFreshAsync();
        TimeSpan left = _node.State.LeaseLeft;
        read.Answer.SetResult(_node.Ok("a", 0) with { Acknowledged = false });
        await Eventually.TrueAsync(() => _node.Log.Writes.Contains("ask for primary"), () => "it did not happen");
        Assert.Equal(left, _node.State.LeaseLeft);
        Assert.Equal(1, _node.Events.Events.Count(name => name == "RevocationNotAcknowledged"));
        (await AfterTimeAsync()).Answer.SetResult(_node.Ok("a", 0) with { Acknowledged = false });
        (await AfterTimeAsync()).Answer.SetResult(_node.Ok("a", 0));
        await _node.Log.NextAsync(_node.Time);
        Assert.Equal(1, _node.Events.Events.Count(name => name == "RevocationNotAcknowledged"));
    }

    [Fact]
    public async Task WrongClock_KeepsNothingFromBeingWrittenBack()
    {
        ScriptedLog.Read read = await _node.BeginFreshAsync(_node.Session(1) with { KeepUntil = _node.Time.GetUtcNow() - TimeSpan.FromMinutes(1) });
        read.Answer.SetResult(Other("b"));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("b", 0));
        await _node.Log.NextAtOnceAsync();
        Assert.Contains("append 1 to b", _node.Log.Writes);
    }

    [Fact]
    public async Task ClockOffset_IsTheServersClockMinusOurs()
    {
        (await _node.BeginFreshAsync()).Answer.SetResult(_node.Ok("a", 0) with { ServerTime = _node.Time.GetUtcNow().AddSeconds(7) });
        await _node.Log.NextAsync(_node.Time);
        Assert.InRange(_node.State.ClockOffset, TimeSpan.FromSeconds(6.8), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task Leaving_RemovesTheLeaseField()
    {
        await _node.BeginFreshAsync();
        await _node.Sync.LeaveAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["leave"], _node.Log.Writes);
    }

    /// <summary>After a failure the loop pauses for half an interval; the timer may not be there yet when the failure shows.</summary>
    private async Task<ScriptedLog.Read> AfterTimeAsync()
    {
        Task<ScriptedLog.Read> next = _node.Log.NextAtOnceAsync();
        await Eventually.TrueAsync(() =>
        {
            if (!next.IsCompleted)
            {
                _node.Time.Advance(Options.SyncInterval / 2);
            }

            return next.IsCompleted;
        }, () => "no sync");
        return await next;
    }
}
