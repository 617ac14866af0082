using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>Who waits for which sync, on virtual time and with every answer of the log in the test's hand.</summary>
public sealed class SyncAcknowledgementTests : IAsyncDisposable
{
    private static readonly RevocationOptions Options = new() { SyncInterval = TimeSpan.FromMilliseconds(100), Lease = TimeSpan.FromSeconds(1) };

    private readonly PausedTime _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), Options.SyncInterval);
    private readonly ScriptedLog _log = new();
    private readonly SyncAcknowledgements _acknowledgements;
    private readonly RevocationDriver _driver;

    public SyncAcknowledgementTests()
    {
        _acknowledgements = new SyncAcknowledgements(_log, Options, _time, TestMetrics.Create());
        _driver = new RevocationDriver(
            _log, new RevocationReplica(), new RevocationState(_time), _acknowledgements, Options, _time, new EventRecorder<RevocationDriver>());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _driver.StopAsync(patience.Token);
        _driver.Dispose();
    }

    [Fact]
    public async Task SyncUnderWay_DoesNotCount_TheOneSentAfterTheCommitDoes()
    {
        ScriptedLog.Read underWay = await StartAsync();

        Task acknowledged = _acknowledgements.WaitAsync(1, Cancellation);
        underWay.Answer.SetResult(Delta(last: 1));
        ScriptedLog.Read next = await _log.NextAtOnceAsync();

        Assert.False(acknowledged.IsCompleted);
        next.Answer.SetResult(Delta(last: 1));
        await acknowledged.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    [Fact]
    public async Task Waiting_WakesTheLoop_WithoutTheIntervalPassing()
    {
        (await StartAsync()).Answer.SetResult(Delta(last: 0));
        await _time.PauseBeganAsync();

        Task acknowledged = _acknowledgements.WaitAsync(0, Cancellation);
        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta(last: 0));

        await acknowledged.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    [Fact]
    public async Task HundredWhoWait_ShareOneSync()
    {
        ScriptedLog.Read underWay = await StartAsync();

        Task[] waiting = [.. Enumerable.Range(1, 100).Select(number => _acknowledgements.WaitAsync(number, Cancellation))];
        underWay.Answer.SetResult(Delta(last: 100));
        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta(last: 100));

        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        await _time.PauseBeganAsync();
    }

    [Fact]
    public async Task FailedSync_AcknowledgesNothing_TheNextOneDoes_AfterThePause()
    {
        ScriptedLog.Read underWay = await StartAsync();
        Task acknowledged = _acknowledgements.WaitAsync(1, Cancellation);
        underWay.Answer.SetResult(Delta(last: 1));

        (await _log.NextAtOnceAsync()).Answer.SetException(new StoreUnavailableException("redis", null));
        ScriptedLog.Read next = await _log.NextAsync(_time);

        Assert.False(acknowledged.IsCompleted);
        next.Answer.SetResult(Delta(last: 1));
        await acknowledged.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    [Fact]
    public async Task PageOfALongerDelta_AcknowledgesNothing()
    {
        ScriptedLog.Read underWay = await StartAsync();
        Task acknowledged = _acknowledgements.WaitAsync(2, Cancellation);
        underWay.Answer.SetResult(Delta(last: 0));

        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta(last: 2) with { Reached = 1 });
        ScriptedLog.Read next = await _log.NextAtOnceAsync();

        Assert.False(acknowledged.IsCompleted);
        next.Answer.SetResult(Delta(last: 2));
        await acknowledged.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    [Fact]
    public async Task AnotherLog_MeansThatTheCommitMayBeLost()
    {
        ScriptedLog.Read underWay = await StartAsync();
        Task acknowledged = _acknowledgements.WaitAsync(1, Cancellation);
        underWay.Answer.SetResult(Delta(last: 0));

        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta(last: 1) with { Epoch = "another" });

        await Assert.ThrowsAsync<StoreUnavailableException>(() => acknowledged);
    }

    [Fact]
    public async Task LogWithoutTheNumber_MeansThatTheCommitIsLost()
    {
        ScriptedLog.Read underWay = await StartAsync();
        Task acknowledged = _acknowledgements.WaitAsync(1, Cancellation);
        underWay.Answer.SetResult(Delta(last: 0));

        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta(last: 0));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => acknowledged);
    }

    [Fact]
    public async Task NoAcknowledgementWithinThreeLeases_IsNoAnswer()
    {
        await StartAsync();
        Task acknowledged = _acknowledgements.WaitAsync(1, Cancellation);

        _time.Advance(3 * Options.Lease);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => acknowledged);
    }

    [Fact]
    public async Task CallerWhoGivesUp_IsForgotten()
    {
        ScriptedLog.Read underWay = await StartAsync();
        using var caller = new CancellationTokenSource();
        Task acknowledged = _acknowledgements.WaitAsync(1, caller.Token);
        underWay.Answer.SetResult(Delta(last: 0));
        ScriptedLog.Read next = await _log.NextAtOnceAsync();

        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => acknowledged);
        next.Answer.SetException(new StoreUnavailableException("redis", null));
        await _log.NextAsync(_time);

        Assert.Empty(_acknowledgements.BeforeSending());
    }

    [Fact]
    public async Task EmbeddedNode_WaitsForNobody() =>
        await new SyncAcknowledgements(new InMemoryRevocationLog(_time), Options, _time, TestMetrics.Create()).WaitAsync(7, Cancellation);

    private async Task<ScriptedLog.Read> StartAsync()
    {
        await _driver.StartAsync(Cancellation);
        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta(last: 0));
        return await _log.NextAsync(_time);
    }

    private RevocationDelta Delta(long last) => new("a", last, last, [], _time.GetUtcNow());
}
