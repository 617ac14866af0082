using System.Diagnostics;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Sessions.MarksUnderTest;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>A store that fails, hangs or comes late costs marks, and nothing else.</summary>
public sealed class FirstUseOutageTests : IAsyncDisposable
{
    private readonly InMemorySessionStore _inner = new(new FakeTimeProvider(SessionSamples.Noon));
    private readonly UnsteadyStore _store;
    private readonly MarksUnderTest _node;

    public FirstUseOutageTests()
    {
        _store = new UnsteadyStore(_inner);
        _node = new MarksUnderTest(_store);
    }

    public static TheoryData<Exception> Failures => [new StoreUnavailableException("redis", null), new InvalidOperationException("unexpected"), new OperationCanceledException()];

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task FailingStore_CostsTheBatchAfterThreeTries_AndIsLoggedOnce(Exception failure)
    {
        SessionRecord[] sessions = await SessionsAsync(_inner, 3);
        _store.Before = () => Task.FromException(failure);
        await _node.StartAsync();
        for (int batch = 1; batch <= 2; batch++)
        {
            _node.Add(sessions[batch - 1]);
            await _node.CountedLaterAsync("failed", batch);
        }

        Assert.Equal(6, _store.Calls);
        Assert.Equal(["FirstUsesNotWritten"], _node.Logger.Events);

        _store.Before = () => Task.CompletedTask;
        _node.Add(sessions[2]);
        await _node.CountedLaterAsync("written", 1);
        Assert.Equal(2, _node.Counts["failed"]);
    }

    /// <summary>Here it is the logger that throws: what fails does not matter, the marks that follow are written.</summary>
    [Fact]
    public async Task FailureNobodyForesaw_DoesNotEndTheLoop()
    {
        SessionRecord[] sessions = await SessionsAsync(_inner, 2);
        _store.Before = () => Task.FromException(new StoreUnavailableException("redis", null));
        _node.Logger.BeforeFirst = () => throw new InvalidOperationException("the disk of the log is full");
        await _node.StartAsync();
        _node.Add(sessions[0]);
        await _node.CountedLaterAsync("failed", 1);

        _store.Before = () => Task.CompletedTask;
        _node.Add(sessions[1]);
        await _node.CountedLaterAsync("written", 1);
        Assert.Equal(["FirstUsesFailed"], _node.Logger.Events);
    }

    [Fact]
    public async Task StoreThatIsBackInTime_LosesNothing()
    {
        SessionRecord[] sessions = await SessionsAsync(_inner, 10);
        int calls = 0;

        // The first read fails, then the fifth commit.
        _store.Before = () => Interlocked.Increment(ref calls) is 1 or 7 ? Task.FromException(new StoreUnavailableException("redis", null)) : Task.CompletedTask;
        _node.Add(sessions);
        await _node.StartAsync();

        await _node.CountedLaterAsync("written", 10);
        Assert.Equal((0, 0), (_node.Counts["failed"], _node.Counts["ignored"]));
        Assert.Empty(_node.Logger.Events);
    }

    [Fact]
    public async Task StoreThatNeverAnswers_CostsOneBatchPerPatience_AndTheLoopGoesOn()
    {
        SessionRecord[] sessions = await SessionsAsync(_inner, 2);
        _store.Before = UnsteadyStore.Never;
        await _node.StartAsync();
        _node.Add(sessions[0]);
        await _node.CountedLaterAsync("failed", 1);
        Assert.Equal(1, _store.Calls);

        _store.Before = () => Task.CompletedTask;
        _node.Add(sessions[1]);
        await _node.CountedLaterAsync("written", 1);
    }

    [Fact]
    public async Task BurstBeyondTheQueue_IsDropped_WithoutWaiting_AndLoggedOnce()
    {
        const int Extra = 1_000;
        _store.Before = UnsteadyStore.Never;
        var watch = Stopwatch.StartNew();
        for (int number = 0; number < FirstUseMarks.MostWaiting + Extra; number++)
        {
            _node.Marks.Add(new SessionId((UInt128)number, 0), default);
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"the burst took {watch.Elapsed}");
        Assert.Equal((FirstUseMarks.MostWaiting, Extra), (_node.Marks.Waiting, _node.Counts["dropped"]));
        Assert.Empty(_node.Logger.Events);

        await _node.StartAsync();
        await _node.CountedLaterAsync("failed", 2 * FirstUseMarks.MostAtOnce);
        Assert.Equal(["FirstUsesNotWritten", "FirstUsesDropped"], _node.Logger.Events);
    }

    [Fact]
    public async Task Stop_WritesWhatIsQueued_WithoutWaitingForMore()
    {
        SessionRecord[] sessions = await SessionsAsync(_inner, 1_000);
        await _node.StartAsync();
        _node.Add(sessions);

        await _node.StopAsync();

        Assert.Equal((1_000, 0), (_node.Counts["written"], _node.Marks.Waiting));
        _node.Add(sessions[0]);
        Assert.Equal(1, _node.Counts["dropped"]);
    }

    [Fact]
    public async Task Stop_DoesNotOutlastItsBound_WhateverTheStoreDoes()
    {
        _store.Before = UnsteadyStore.Never;
        _node.Add(await SessionsAsync(_inner, 1_000));
        await _node.StartAsync();
        Task stopped = _node.StopAsync();
        Assert.False(stopped.IsCompleted);

        _node.Time.Advance(FirstUseMarks.DrainTime);

        await stopped;
        Assert.Equal(1_000, _node.Counts["failed"]);
    }
}
