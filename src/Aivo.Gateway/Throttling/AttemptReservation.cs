namespace Aivo.Gateway.Throttling;

/// <summary>At most <paramref name="Attempts"/> in a window that begins with its first attempt.</summary>
/// <param name="Subject">Who is counted: a hash, never an e-mail address.</param>
internal sealed record AttemptLimit(string Subject, int Attempts, TimeSpan Window);

/// <summary>A limit's counter after a reservation was decided.</summary>
/// <param name="WindowEnd">Names the window, in the store's own unit of time.</param>
/// <param name="Reset">Until the window's end.</param>
internal readonly record struct AttemptCounter(AttemptLimit Limit, int Count, long WindowEnd, TimeSpan Reset)
{
    public int Remaining => Math.Max(0, Limit.Attempts - Count);
}

/// <summary>The answer to a reservation. Granted: every counter was raised; refused: none was.</summary>
internal sealed record AttemptReservation
{
    public AttemptReservation(bool isGranted, IReadOnlyList<AttemptCounter> counters)
    {
        (IsGranted, Counters) = (isGranted, counters);
        AttemptCounter tightest = counters.OrderBy(counter => counter.Remaining).ThenByDescending(counter => counter.Reset).First();
        (Limit, Remaining) = (tightest.Limit.Attempts, tightest.Remaining);
        ResetSeconds = Math.Max(1, (int)Math.Ceiling(tightest.Reset.TotalSeconds));
    }

    public bool IsGranted { get; }

    public IReadOnlyList<AttemptCounter> Counters { get; }

    /// <summary>The attempts that the tightest limit allows: the one with the fewest left, then the one that lasts longest.</summary>
    public int Limit { get; }

    /// <summary>What the tightest limit has left.</summary>
    public int Remaining { get; }

    /// <summary>Until the tightest limit's window ends, rounded up; at least 1.</summary>
    public int ResetSeconds { get; }
}
