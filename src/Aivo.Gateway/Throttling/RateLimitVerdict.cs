namespace Aivo.Gateway.Throttling;

/// <summary>What became of a request under limits, and what its client is told: the tightest window of all that were asked.</summary>
/// <param name="Limit">The limit of that window. Null where no limit was asked.</param>
/// <param name="Permits">How many requests the window takes.</param>
/// <param name="Remaining">How many of them are left.</param>
/// <param name="Reset">Until the window ends; then all of it is free again.</param>
internal readonly record struct RateLimitVerdict(bool IsAllowed, RateLimit? Limit, int Permits, int Remaining, TimeSpan Reset)
{
    /// <summary>Nothing was asked.</summary>
    public static readonly RateLimitVerdict Unlimited = new(true, null, 0, int.MaxValue, TimeSpan.Zero);

    /// <summary>Until the window ends, in seconds, rounded up; at least 1 (RFC 6585, section 4, with RFC 9110, section 10.2.3).</summary>
    public int ResetSeconds => Math.Max(1, (int)Math.Ceiling(Reset.TotalSeconds));

    /// <summary>
    /// The verdict of both: a refusal wins; else the window with the fewest requests left, and of two such the one that lasts longer.
    /// After a refusal that is the exhausted window that ends last, so whoever waits for it finds room in all of them.
    /// </summary>
    public RateLimitVerdict And(RateLimitVerdict other) =>
        IsAllowed != other.IsAllowed ? (IsAllowed ? other : this)
        : other.Remaining < Remaining || (other.Remaining == Remaining && other.Reset > Reset) ? other
        : this;
}
