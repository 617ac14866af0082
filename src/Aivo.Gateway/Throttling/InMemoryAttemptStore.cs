using System.Runtime.InteropServices;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Throttling;

/// <summary>Counters of one process, in bounded memory.</summary>
/// <remarks>
/// A full store refuses (503) instead of forgetting a counter, since forgetting could be provoked. Filling it takes distinct accounts and
/// addresses, each paid for with a password hash: some 100,000 in the usual five minutes on four cores.
/// </remarks>
internal sealed class InMemoryAttemptStore(TimeProvider timeProvider, int capacity = InMemoryAttemptStore.UsualCapacity) : IAttemptStore
{
    /// <summary>Counters, about 150 bytes each.</summary>
    public const int UsualCapacity = 200_000;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Window> _windows = [];
    private long _sweptAt = timeProvider.GetTimestamp();

    public ValueTask<AttemptReservation> ReserveAsync(IReadOnlyList<AttemptLimit> limits, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            long now = timeProvider.GetTimestamp();
            Sweep(now, limits.Count);
            var windows = new Window[limits.Count];
            bool granted = true;
            for (int index = 0; index < windows.Length; index++)
            {
                windows[index] = Current(limits[index], now);
                granted &= windows[index].Count < limits[index].Attempts;
            }

            var counters = new AttemptCounter[limits.Count];
            for (int index = 0; index < windows.Length; index++)
            {
                if (granted)
                {
                    windows[index].Count++;
                    _windows[limits[index].Subject] = windows[index];
                }

                Window window = windows[index];
                counters[index] = new AttemptCounter(limits[index], window.Count, window.End, timeProvider.GetElapsedTime(now, window.End));
            }

            return ValueTask.FromResult(new AttemptReservation(granted, counters));
        }
    }

    public ValueTask ReleaseAsync(AttemptReservation reservation, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (AttemptCounter counter in reservation.Counters)
            {
                ref Window window = ref CollectionsMarshal.GetValueRefOrNullRef(_windows, counter.Limit.Subject);
                if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref window) || window.End != counter.WindowEnd)
                {
                    continue;
                }

                window.Count--;
                if (window.Count == 0)
                {
                    _windows.Remove(counter.Limit.Subject);
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    private Window Current(AttemptLimit limit, long now) =>
        _windows.TryGetValue(limit.Subject, out Window held) && held.End > now
            ? held
            : new Window { End = now + (long)(limit.Window.TotalSeconds * timeProvider.TimestampFrequency) };

    private void Sweep(long now, int wanted)
    {
        bool full = _windows.Count + wanted > capacity;
        if (!full && timeProvider.GetElapsedTime(_sweptAt, now) < SweepInterval)
        {
            return;
        }

        _sweptAt = now;
        foreach ((string subject, Window window) in _windows)
        {
            if (window.End <= now)
            {
                _windows.Remove(subject);
            }
        }

        if (_windows.Count + wanted > capacity)
        {
            throw new StoreUnavailableException("attempts", null);
        }
    }

    private struct Window
    {
        public int Count;
        public long End;
    }
}
