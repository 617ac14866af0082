using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>A node forgets a revocation only when its own clock and the log's both hold it over.</summary>
public sealed class PruneTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PruneInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Long = RevocationOptions.Retention + TimeSpan.FromMinutes(1);

    private readonly JumpingTime _time = new(Start, WatchInterval);
    private readonly RevocationReplicas _replicas = new(1, () => new RevocationReplica());
    private readonly RevocationState _state;
    private readonly RevocationDriver _driver;

    public PruneTests()
    {
        _state = new RevocationState(_time, 1);
        var acknowledgements = new SyncAcknowledgements(_state, new RequestsInFlight(), SyncUnderTest.Options, _time, TestMetrics.Create());
        _driver = new RevocationDriver(
            [], null, _replicas, _state, acknowledgements, SyncUnderTest.Options, _time, NullLogger<RevocationDriver>.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _driver.StopAsync(CancellationToken.None);
        _driver.Dispose();
    }

    [Fact]
    public async Task EntryThatBothClocksHoldOver_IsForgotten()
    {
        await BeginAsync();
        _time.Jump += Long;
        LogSays(Long);
        await PassAsync();
        Assert.Equal(0, _replicas.Count);
    }

    [Fact]
    public async Task OwnClockThatIsFarAhead_CostsNoEntry()
    {
        await BeginAsync();
        _time.Jump += Long;
        LogSays(TimeSpan.Zero);
        await PassAsync();
        Assert.Equal(1, _replicas.Count);
    }

    [Fact]
    public async Task LogsClockThatIsFarAhead_CostsNoEntry()
    {
        await BeginAsync();
        LogSays(Long);
        await PassAsync();
        Assert.Equal(1, _replicas.Count);
    }

    /// <summary>Also when no sync has been answered since the jump, that is, when nobody has told the node how far off it is.</summary>
    [Fact]
    public async Task OwnClockThatJumpsAfterTheLastSync_CostsNoEntry()
    {
        await BeginAsync();
        LogSays(TimeSpan.Zero);
        _time.Jump += Long;
        await PassAsync();
        Assert.Equal(1, _replicas.Count);
    }

    private async Task BeginAsync()
    {
        _replicas.Apply(0, [RevocationEntry.ForSession(SessionId.Create(0), Start + RevocationOptions.Retention)]);
        await _driver.StartAsync(Cancellation);
    }

    /// <summary>A sync is answered, and the log's clock is so much later than at the start.</summary>
    private void LogSays(TimeSpan later) => _state.Report(
        0,
        new ShardStanding(new LeaseState { Node = _state.Node }, false, 0, Start + later - _time.GetUtcNow(), null) { LogTime = Start + later });

    /// <summary>Until it must have pruned, and is past that.</summary>
    private async Task PassAsync()
    {
        for (TimeSpan passed = TimeSpan.Zero; passed <= PruneInterval; passed += WatchInterval)
        {
            await _time.PassPauseAsync();
        }

        await _time.PauseBeganAsync();
    }
}
