using Aivo.Gateway.Throttling;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Throttling;

public sealed class PasswordHashGateTests : IDisposable
{
    /// <summary>So that a gate that never opens fails its test instead of holding it up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly PasswordHashGate _gate;

    public PasswordHashGateTests() => _gate = new PasswordHashGate(
        new ThrottlingOptions
        {
            AccountAttempts = 1,
            AccountWindow = TimeSpan.FromMinutes(1),
            AddressAttempts = 1,
            AddressWindow = TimeSpan.FromMinutes(1),
            ConcurrentHashes = 2,
            QueuedHashes = 1,
        },
        _time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task Excess_IsTurnedAwayAtOnce_WhenTheQueueIsFull()
    {
        using IDisposable? first = await _gate.EnterAsync(Cancellation);
        using IDisposable? second = await _gate.EnterAsync(Cancellation);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Task<IDisposable?> queued = _gate.EnterAsync(Cancellation).AsTask();
        Assert.False(queued.IsCompleted);

        Assert.Null(await _gate.EnterAsync(Cancellation));
        first.Dispose();
        using IDisposable? third = await queued.WaitAsync(Patience, Cancellation);
        Assert.NotNull(third);
    }

    [Fact]
    public async Task Waiting_EndsAfterASecond_AndLeavesItsPlace()
    {
        using IDisposable? first = await _gate.EnterAsync(Cancellation);
        IDisposable? second = await _gate.EnterAsync(Cancellation);
        Task<IDisposable?> queued = _gate.EnterAsync(Cancellation).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(queued.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await queued.WaitAsync(Patience, Cancellation));

        Task<IDisposable?> next = _gate.EnterAsync(Cancellation).AsTask();
        second!.Dispose();
        using IDisposable? entered = await next.WaitAsync(Patience, Cancellation);
        Assert.NotNull(entered);
    }

    [Fact]
    public async Task CallerThatGoesAway_IsACancellation_NotARefusal()
    {
        using IDisposable? first = await _gate.EnterAsync(Cancellation);
        using IDisposable? second = await _gate.EnterAsync(Cancellation);
        using var caller = new CancellationTokenSource();
        Task<IDisposable?> queued = _gate.EnterAsync(caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task UnderLoad_NeverMoreThanTheBoundAreInside()
    {
        int inside = 0, most = 0, entered = 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(async () =>
        {
            using IDisposable? place = await _gate.EnterAsync(Cancellation);
            if (place is null)
            {
                return;
            }

            int now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            Interlocked.Increment(ref entered);
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }, Cancellation)));
        Assert.InRange(most, 1, 2);
        Assert.InRange(entered, 2, 200);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int held = Volatile.Read(ref target);
        while (value > held)
        {
            int before = Interlocked.CompareExchange(ref target, value, held);
            if (before == held)
            {
                return;
            }

            held = before;
        }
    }
}
