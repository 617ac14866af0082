using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Throttling;

/// <summary>The section <c>Throttling</c>: limits on log-in attempts and on password hashing, and what rate limits may cost.</summary>
internal sealed record ThrottlingOptions
{
    public required int AccountAttempts { get; init; }
    public required TimeSpan AccountWindow { get; init; }
    public required int AddressAttempts { get; init; }
    public required TimeSpan AddressWindow { get; init; }
    public required int ConcurrentHashes { get; init; }
    public required int QueuedHashes { get; init; }
    public int RateLimitSubjects { get; init; } = 100_000;
    public TimeSpan RateLimitTimeout { get; init; } = TimeSpan.FromMilliseconds(100);

    public static ThrottlingOptions Read(SettingReader reader) => new()
    {
        AccountAttempts = reader.Integer("AccountAttempts", 10, 1, 100, "How many failed log-ins one account may have within AccountWindow; NIST 800-63B allows 100 at most."),
        AccountWindow = reader.Duration("AccountWindow", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10), TimeSpan.FromDays(1), "The window in which an account's failures are counted."),
        AddressAttempts = reader.Integer("AddressAttempts", 100, 1, 1_000_000, "How many failed log-ins may come from one client address (IPv6: one /64) within AddressWindow."),
        AddressWindow = reader.Duration("AddressWindow", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10), TimeSpan.FromDays(1), "The window in which an address's failures are counted."),
        ConcurrentHashes = reader.Integer("ConcurrentHashes", Math.Clamp(Environment.ProcessorCount, 1, 4), 1, 64, "How many passwords are hashed at once; each takes 19 MiB and a core.", "the number of cores, at most 4"),
        QueuedHashes = reader.Integer("QueuedHashes", 32, 0, 10_000, "How many log-ins may wait for a hash; more, or longer than a second, are answered 503."),
        RateLimitSubjects = reader.Integer("RateLimitSubjects", 100_000, 100, 10_000_000, "How many subjects (addresses, users, …) each limit of Gateway:RateLimits counts in a node's memory, about 250 bytes each. When all are taken, new ones share one set of counters."),
        RateLimitTimeout = reader.Duration("RateLimitTimeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5), "How long a request waits for Redis where a limit is Distributed. Then the node counts for itself until Redis answers again."),
    };
}
