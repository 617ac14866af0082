namespace Aivo.Gateway.Throttling;

/// <summary>Who shares one set of counters.</summary>
internal enum RateLimitPartition
{
    /// <summary>A client address, from trusted proxies only; of IPv6 a /64.</summary>
    Address,

    User,

    Tenant,

    Session,

    /// <summary>Everybody, on each route for itself.</summary>
    Route,

    /// <summary>A value of one request header. The client chooses it.</summary>
    Header,
}

/// <summary>Who counts.</summary>
internal enum RateLimitScope
{
    /// <summary>Every node for itself.</summary>
    Node,

    /// <summary>All nodes together, in Redis.</summary>
    Distributed,
}

/// <summary>At most <paramref name="Permits"/> requests in a window that begins with its first request.</summary>
/// <param name="Length">One second to one day.</param>
internal sealed record RateWindow(int Permits, TimeSpan Length);

/// <summary>A named limit. A request passes if every window has room, and then counts in every one.</summary>
/// <param name="Name">The operator's; part of the counters' keys, so that routes with the same limit share them.</param>
/// <param name="Windows">At least one, the shortest first, of different lengths.</param>
/// <param name="Header">The field that <see cref="RateLimitPartition.Header"/> reads; else null.</param>
internal sealed record RateLimit(string Name, IReadOnlyList<RateWindow> Windows, RateLimitPartition Partition, string? Header, RateLimitScope Scope)
{
    /// <summary>Whether it must be known who calls before it is known who is counted.</summary>
    public bool NeedsCaller => Partition is RateLimitPartition.User or RateLimitPartition.Tenant or RateLimitPartition.Session;
}

/// <summary>One request's claim on one limit.</summary>
/// <param name="Subject">Who is counted within the limit: see <see cref="RateLimitSubjects"/>.</param>
internal readonly record struct RateLimitCharge(RateLimit Limit, UInt128 Subject);
