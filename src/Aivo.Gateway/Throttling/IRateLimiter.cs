namespace Aivo.Gateway.Throttling;

/// <summary>Counts requests against limits.</summary>
internal interface IRateLimiter
{
    /// <summary>Counts the request in every window of every limit, or in none if one of them has no room left, in one atomic step.</summary>
    /// <param name="charges">At least one; no limit twice.</param>
    /// <exception cref="Primitives.StoreUnavailableException">The count is not known. The request may have been counted.</exception>
    ValueTask<RateLimitVerdict> ChargeAsync(IReadOnlyList<RateLimitCharge> charges, CancellationToken cancellationToken);
}
