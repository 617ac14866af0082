namespace Aivo.Gateway.Throttling;

/// <summary>Counts in the memory of this node.</summary>
/// <param name="capacity">Subjects of one limit, about 250 bytes each.</param>
internal sealed partial class NodeRateLimiter(int capacity, TimeProvider timeProvider, ILogger<NodeRateLimiter> logger) : IRateLimiter
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    /// <summary>One for all: a step takes less than a microsecond, and several limits are charged in one.</summary>
    private readonly Lock _lock = new();
    private readonly Dictionary<string, RateCounterTable> _tables = new(StringComparer.OrdinalIgnoreCase);
    private long _reportedAt;

    public NodeRateLimiter(ThrottlingOptions options, TimeProvider timeProvider, ILogger<NodeRateLimiter> logger)
        : this(options.RateLimitSubjects, timeProvider, logger)
    {
    }

    /// <summary>How many subjects each limit counts.</summary>
    public IReadOnlyList<(string Limit, int Subjects)> Subjects()
    {
        lock (_lock)
        {
            return [.. _tables.Select(table => (table.Key, table.Value.Count))];
        }
    }

    public ValueTask<RateLimitVerdict> ChargeAsync(IReadOnlyList<RateLimitCharge> charges, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Charge(charges));

    /// <summary>Never fails and waits for nothing.</summary>
    public RateLimitVerdict Charge(IReadOnlyList<RateLimitCharge> charges)
    {
        string? full = null;
        RateLimitVerdict verdict;
        lock (_lock)
        {
            verdict = Decide(charges, ref full);
        }

        if (full is not null)
        {
            ReportFull(full);
        }

        return verdict;
    }

    private RateLimitVerdict Decide(IReadOnlyList<RateLimitCharge> charges, ref string? full)
    {
        long now = timeProvider.GetTimestamp();
        long frequency = timeProvider.TimestampFrequency;
        var counters = new RateCounters[charges.Count];
        bool allowed = true;
        for (int index = 0; index < counters.Length; index++)
        {
            RateLimit limit = charges[index].Limit;
            counters[index] = TableOf(limit).Find(charges[index].Subject, limit, now, out bool shared);
            full = shared ? limit.Name : full;
            allowed &= counters[index].HasRoom(limit, now, frequency);
        }

        RateLimitVerdict verdict = default;
        for (int index = 0; index < counters.Length; index++)
        {
            if (allowed)
            {
                counters[index].Count();
            }

            RateLimitVerdict own = counters[index].Verdict(allowed, now, frequency);
            verdict = index == 0 ? own : verdict.And(own);
        }

        return verdict;
    }

    private RateCounterTable TableOf(RateLimit limit)
    {
        if (!_tables.TryGetValue(limit.Name, out RateCounterTable? table))
        {
            _tables.Add(limit.Name, table = new RateCounterTable(limit, capacity));
        }

        return table;
    }

    private void ReportFull(string limit)
    {
        long now = timeProvider.GetTimestamp();
        long reported = Volatile.Read(ref _reportedAt);
        if ((reported == 0 || timeProvider.GetElapsedTime(reported, now) >= ReportInterval) && Interlocked.CompareExchange(ref _reportedAt, now, reported) == reported)
        {
            Log.Full(logger, limit, capacity);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(601, LogLevel.Warning, "The limit {Limit} counts {Capacity} subjects, which is as many as it may: new ones share one set of counters", EventName = "RateLimitTableFull")]
        public static partial void Full(ILogger logger, string limit, int capacity);
    }
}
