using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;
using static Aivo.Gateway.Tests.Revocation.SyncUnderTest;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>Who waits for which sync, on virtual time and with every answer of the log in the test's hand.</summary>
public sealed class SyncAcknowledgementTests : IAsyncDisposable
{
    private static readonly LeaseField Other1 = new("other", 5, 0);

    private readonly SyncUnderTest _node = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task SyncUnderWay_DoesNotCount_TheOneSentAfterTheCommitDoes()
    {
        ScriptedLog.Read underWay = await _node.BeginFreshAsync();
        Task confirmed = WaitAsync(1);
        underWay.Answer.SetResult(_node.Ok("a", 1));
        ScriptedLog.Read next = await _node.Log.NextAtOnceAsync();
        Assert.False(confirmed.IsCompleted);
        next.Answer.SetResult(_node.Ok("a", 1));
        await DoneAsync(confirmed);
    }

    [Fact]
    public async Task Waiting_WakesTheLoop_WithoutTheIntervalPassing()
    {
        (await _node.BeginFreshAsync()).Answer.SetResult(_node.Ok("a", 0));
        await _node.Time.PauseBeganAsync();
        Task confirmed = WaitAsync(0);
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 0));
        await DoneAsync(confirmed);
    }

    [Fact]
    public async Task HundredWhoWait_ShareOneSync()
    {
        ScriptedLog.Read underWay = await _node.BeginFreshAsync();
        Task[] waiting = [.. Enumerable.Range(1, 100).Select(number => WaitAsync(number))];
        underWay.Answer.SetResult(_node.Ok("a", 100));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 100));
        await DoneAsync(Task.WhenAll(waiting));
    }

    [Fact]
    public async Task OtherNode_IsWaitedFor_UntilItsFieldSaysThatItApplied()
    {
        ScriptedLog.Read underWay = await _node.BeginFreshAsync();
        Assert.False(underWay.WithLeases);
        Task confirmed = WaitAsync(7, Other1, new LeaseField(_node.State.Node, 3, 0));
        underWay.Answer.SetResult(_node.Ok("a", 7));
        ScriptedLog.Read read = await _node.Log.NextAtOnceAsync();
        Assert.True(read.WithLeases);
        read.Answer.SetResult(_node.Ok("a", 7) with { Leases = [Other1 with { Sequence = 6, Applied = 6 }] });
        read = await _node.Log.NextAtOnceAsync();
        Assert.False(confirmed.IsCompleted);
        read.Answer.SetResult(_node.Ok("a", 7) with { Leases = [Other1 with { Sequence = 7, Applied = 7 }] });
        await DoneAsync(confirmed);
    }

    [Fact]
    public async Task SilentNode_CostsOneLease_AndItsFieldIsRemoved()
    {
        ScriptedLog.Read read = await _node.BeginFreshAsync();
        Task confirmed = WaitAsync(7, Other1);
        read.Answer.SetResult(_node.Ok("a", 7));
        for (int waited = 0; waited < 9; waited++)
        {
            read = await _node.Log.NextAtOnceAsync();
            Assert.False(confirmed.IsCompleted);
            _node.Time.Advance(Options.Lease / 10);
            read.Answer.SetResult(_node.Ok("a", 7) with { Leases = [Other1] });
        }

        read = await _node.Log.NextAtOnceAsync();
        _node.Time.Advance(Options.Lease / 10);
        read.Answer.SetResult(_node.Ok("a", 7) with { Leases = [Other1] });
        await DoneAsync(confirmed);
        await Eventually.TrueAsync(() => _node.Log.Writes.Contains("remove other"), () => "the field stays");
    }

    [Fact]
    public async Task WithoutConfirm_NobodyElseIsWaitedFor()
    {
        await using var node = new SyncUnderTest(Options with { Confirm = false });
        ScriptedLog.Read underWay = await node.BeginFreshAsync();
        Task confirmed = node.Acknowledgements.WaitAsync([new LogCommit(0, "a", 7, [Other1])], Cancellation);
        underWay.Answer.SetResult(node.Ok("a", 7));
        (await node.Log.NextAtOnceAsync()).Answer.SetResult(node.Ok("a", 7));
        await DoneAsync(confirmed);
    }

    [Fact]
    public async Task SeveralCommitsOfAShard_AreOneWait_ForTheHighestNumber()
    {
        ScriptedLog.Read underWay = await _node.BeginFreshAsync();
        Task confirmed = _node.Acknowledgements.WaitAsync(
            [new LogCommit(0, "a", 9, [Other1]), new LogCommit(0, "a", 3, [new LeaseField("third", 1, 0)]), new LogCommit(0, "a", 0, [])], Cancellation);
        underWay.Answer.SetResult(_node.Ok("a", 9));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 9) with { Leases = [new("other", 6, 9), new("third", 2, 3)] });
        ScriptedLog.Read next = await _node.Log.NextAtOnceAsync();
        Assert.False(confirmed.IsCompleted);
        next.Answer.SetResult(_node.Ok("a", 9) with { Leases = [new("other", 6, 9), new("third", 2, 9)] });
        await DoneAsync(confirmed);
    }

    [Fact]
    public async Task PageOfALongerDelta_ConfirmsNothing()
    {
        ScriptedLog.Read underWay = await _node.BeginFreshAsync();
        Task confirmed = WaitAsync(2);
        underWay.Answer.SetResult(_node.Ok("a", 0));
        (await _node.Log.NextAtOnceAsync()).Answer.SetResult(_node.Ok("a", 2, 1));
        ScriptedLog.Read next = await _node.Log.NextAtOnceAsync();
        Assert.False(confirmed.IsCompleted);
        next.Answer.SetResult(_node.Ok("a", 2));
        await DoneAsync(confirmed);
    }

    [Fact]
    public async Task AnotherEpoch_MeansThatTheCommitMayBeLost()
    {
        ScriptedLog.Read underWay = await _node.BeginFreshAsync();
        Task confirmed = WaitAsync(1);
        underWay.Answer.SetResult(Other("b"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => DoneAsync(confirmed));
    }

    [Fact]
    public async Task CommitsOfTwoEpochs_AreRefusedAtOnce()
    {
        await _node.BeginFreshAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await _node.Acknowledgements.WaitAsync([new LogCommit(0, "a", 9, []), new LogCommit(0, "b", 3, [])], Cancellation));
    }

    [Fact]
    public async Task NoConfirmationWithinThreeLeases_IsNoAnswer()
    {
        await _node.BeginFreshAsync();
        Task confirmed = WaitAsync(1);
        _node.Time.Advance(3 * Options.Lease);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => DoneAsync(confirmed));
        Assert.False(_node.Acknowledgements.AnybodyWaits(0));
    }

    [Fact]
    public async Task CallerWhoGivesUp_IsForgotten()
    {
        await _node.BeginFreshAsync();
        using var caller = new CancellationTokenSource();
        Task confirmed = _node.Acknowledgements.WaitAsync([new LogCommit(0, "a", 1, [Other1])], caller.Token);
        Assert.True(_node.Acknowledgements.AsksForLeases(0));
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => confirmed);
        Assert.False(_node.Acknowledgements.AnybodyWaits(0));
    }

    [Fact]
    public async Task EmbeddedNode_WaitsForNobody()
    {
        var alone = new RevocationState(_node.Time, 0);
        var acknowledgements = new SyncAcknowledgements(alone, new RequestsInFlight(), Options, _node.Time, TestMetrics.Create());
        await acknowledgements.WaitAsync([new LogCommit(0, "memory", 7, [])], Cancellation);
        await acknowledgements.WaitForSyncAsync(0, Cancellation);
        _node.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal((true, "fresh", TimeSpan.Zero), (alone.IsFresh, alone.Status, alone.StaleFor));
    }

    [Fact]
    public async Task EmbeddedNode_WaitsUntilItsOwnRequestsHaveUnwound()
    {
        var requests = new RequestsInFlight();
        var acknowledgements = new SyncAcknowledgements(new RevocationState(_node.Time, 0), requests, Options, _node.Time, TestMetrics.Create());
        UnwindingRequest request = UnwindingRequest.End(requests);
        Task confirmed = acknowledgements.WaitAsync([], Cancellation);
        Assert.False(confirmed.IsCompleted);
        requests.Remove(request);
        await DoneAsync(confirmed);

        UnwindingRequest.End(requests);
        Task late = acknowledgements.WaitAsync([], Cancellation);
        _node.Time.Advance(3 * Options.Lease);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => DoneAsync(late));
    }

    /// <summary>A moment after the last sync was sent, as it would be.</summary>
    private Task WaitAsync(long number, params LeaseField[] leases)
    {
        _node.Time.Advance(TimeSpan.FromTicks(1));
        return _node.Acknowledgements.WaitAsync([new LogCommit(0, "a", number, [.. leases])], Cancellation);
    }

    private static Task DoneAsync(Task task) => task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
}
