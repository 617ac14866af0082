using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>The loop, on virtual time and with every answer of the log in the test's hand.</summary>
public sealed class RevocationDriverTests : IAsyncDisposable
{
    private static readonly RevocationOptions Options = new() { SyncInterval = TimeSpan.FromMilliseconds(100), Lease = TimeSpan.FromSeconds(1) };

    private readonly PausedTime _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), Options.SyncInterval);
    private readonly ScriptedLog _log = new();
    private readonly RevocationReplica _replica = new();
    private readonly RevocationState _state;
    private readonly EventRecorder<RevocationDriver> _logger = new();
    private readonly RevocationDriver _driver;

    public RevocationDriverTests()
    {
        _state = new RevocationState(_time);
        _driver = new RevocationDriver(_log, _replica, _state, new SyncAcknowledgements(_log, Options, _time, TestMetrics.Create()), Options, _time, _logger);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _driver.StopAsync(patience.Token);
        _driver.Dispose();
    }

    [Fact]
    public async Task FirstCompleteSync_MakesTheNodeFresh_AndItsEntriesAreApplied()
    {
        await _driver.StartAsync(Cancellation);
        ScriptedLog.Read read = await _log.NextAtOnceAsync();
        Assert.Equal(("starting", false, 0), (_state.Status, _state.IsFresh, read.Cursor));
        Assert.Null(_state.LastSyncAge);

        read.Answer.SetResult(Delta("a", last: 1, reached: 1, Session(1)));
        read = await _log.NextAsync(_time);
        Assert.Equal(("fresh", true, 1, 0), (_state.Status, _state.IsFresh, read.Cursor, _state.Lag));
        Assert.True(_replica.IsRevoked(new SessionId(1, 0), default, null));
        Assert.Equal(Options.SyncInterval, _state.LastSyncAge);
    }

    [Fact]
    public async Task PendingPages_AreFetchedWithoutWaiting_AndTheNodeIsFreshAfterTheLast()
    {
        await _driver.StartAsync(Cancellation);
        ScriptedLog.Read read = await _log.NextAtOnceAsync();
        read.Answer.SetResult(Delta("a", last: 3, reached: 1, Session(1)));
        read = await _log.NextAtOnceAsync();
        Assert.Equal((1, false, 2), (read.Cursor, _state.IsFresh, _state.Lag));
        read.Answer.SetResult(Delta("a", last: 3, reached: 3, Session(2), Session(3)));
        read = await _log.NextAsync(_time);
        Assert.Equal((3, true, 0, 3), (read.Cursor, _state.IsFresh, _state.Lag, _replica.Count));
    }

    [Fact]
    public async Task SyncThatNeverAnswers_DoesNotStopTheLoop_AndTheNodeTurnsStaleAfterOneLease()
    {
        await _driver.StartAsync(Cancellation);
        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta("a", 0, 0));
        ScriptedLog.Read hanging = await _log.NextAsync(_time);
        Assert.True(_state.IsFresh);

        _time.Advance(Options.Lease);
        ScriptedLog.Read next = await _log.NextAsync(_time);
        Assert.Equal(("stale", false), (_state.Status, _state.IsFresh));
        hanging.Answer.SetResult(Delta("a", 1, 1, Session(1)));
        next.Answer.SetResult(Delta("a", 2, 2, Session(1), Session(2)));
        await _log.NextAsync(_time);
        Assert.Equal(("fresh", 2), (_state.Status, _replica.Count));
    }

    [Fact]
    public async Task Failures_AreSurvived_AndLoggedOncePerChange()
    {
        await _driver.StartAsync(Cancellation);
        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta("a", 0, 0));
        for (int outage = 0; outage < 2; outage++)
        {
            for (int failure = 0; failure < 25; failure++)
            {
                (await _log.NextAsync(_time)).Answer.SetException(
                    failure % 2 == 0 ? new StoreUnavailableException("redis", null) : new InvalidOperationException("unexpected"));
            }

            (await _log.NextAsync(_time)).Answer.SetResult(Delta("a", 0, 0));
        }

        await _log.NextAsync(_time);
        Assert.True(_state.IsFresh);
        Assert.Equal(
            ["RevocationFresh", "RevocationSyncFailed", "RevocationStale", "RevocationFresh", "RevocationSyncFailed", "RevocationStale", "RevocationFresh"],
            _logger.Events);
    }

    [Fact]
    public async Task AnotherEpoch_EndsFreshnessUntilTheSnapshotIsRead_AndForgetsNothing()
    {
        await _driver.StartAsync(Cancellation);
        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta("a", 5, 5, Session(1)));
        (await _log.NextAsync(_time)).Answer.SetResult(Delta("b", 9, 9, Session(9)));
        ScriptedLog.Read snapshot = await _log.NextAtOnceAsync();
        Assert.Equal((0, false, "stale"), (snapshot.Cursor, _state.IsFresh, _state.Status));
        snapshot.Answer.SetResult(Delta("b", 9, 9, Session(2), Session(9)));
        await _log.NextAsync(_time);
        Assert.Equal((true, 3), (_state.IsFresh, _replica.Count));
        Assert.Contains("RevocationLogRestarted", _logger.Events);
    }

    [Fact]
    public async Task EntriesPastTheirKeepUntil_ArePruned()
    {
        await _driver.StartAsync(Cancellation);
        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta("a", 1, 1, Session(1)));
        await _log.NextAsync(_time);
        Assert.Equal(1, _replica.Count);
        _time.Advance(RevocationOptions.Retention + TimeSpan.FromSeconds(1));
        await _time.PauseBeganAsync();
        Assert.Equal(0, _replica.Count);
    }

    [Fact]
    public async Task ClockOffset_IsTheServersClockMinusOurs()
    {
        await _driver.StartAsync(Cancellation);
        (await _log.NextAtOnceAsync()).Answer.SetResult(Delta("a", 0, 0) with { ServerTime = _time.GetUtcNow().AddSeconds(7) });
        await _log.NextAsync(_time);
        Assert.Equal(TimeSpan.FromSeconds(7), _state.ClockOffset);
    }

    [Fact]
    public async Task EmbeddedNode_IsFreshFromTheStart_AndStaysSo()
    {
        var state = new RevocationState(_time);
        var log = new InMemoryRevocationLog(_time);
        var acknowledgements = new SyncAcknowledgements(log, Options, _time, TestMetrics.Create());
        using var driver = new RevocationDriver(log, _replica, state, acknowledgements, Options, _time, _logger);
        Assert.Equal((true, "fresh"), (state.IsFresh, state.Status));
        await driver.StartAsync(Cancellation);
        await driver.StopAsync(Cancellation);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(state.IsFresh);
    }

    [Fact]
    public async Task Stopping_EndsTheLoop_AlsoWhileASyncHangs()
    {
        await _driver.StartAsync(Cancellation);
        await _log.NextAtOnceAsync();
        await _driver.StopAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.True(_driver.ExecuteTask!.IsCompletedSuccessfully);
    }

    private RevocationEntry Session(int id) =>
        RevocationEntry.ForSession(new SessionId((UInt128)id, 0), _time.GetUtcNow() + RevocationOptions.Retention);

    private RevocationDelta Delta(string epoch, long last, long reached, params RevocationEntry[] entries) =>
        new(epoch, last, reached, entries, _time.GetUtcNow());
}
