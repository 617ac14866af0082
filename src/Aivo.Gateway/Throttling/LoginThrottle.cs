using System.Net;
using System.Security.Cryptography;
using System.Text;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Throttling;

/// <summary>One log-in attempt, allowed or refused; what it says is the same for accounts that exist and that do not (SR-14).</summary>
internal sealed record LoginAttempt(AttemptReservation Reservation)
{
    public bool IsAllowed => Reservation.IsGranted;

    /// <summary>For <c>Retry-After</c>: seconds, at least 1 (RFC 6585, section 4).</summary>
    public int RetryAfter => Reservation.ResetSeconds;

    /// <summary>For <c>RateLimit-Limit</c>.</summary>
    public int Limit => Reservation.Limit;

    /// <summary>For <c>RateLimit-Remaining</c>.</summary>
    public int Remaining => Reservation.Remaining;

    /// <summary>For <c>RateLimit-Reset</c>, in seconds.</summary>
    public int Reset => Reservation.ResetSeconds;
}

/// <summary>
/// Limits failed log-ins per account (SR-11) and per address (SR-13). An attempt is counted before the password is hashed, so that
/// parallel guesses cannot pass the limit; one that succeeds, or on which nothing was decided, is given back.
/// </summary>
internal sealed partial class LoginThrottle(IAttemptStore store, ThrottlingOptions options, ILogger<LoginThrottle> logger)
{
    private const int SubjectBytes = 16;

    /// <param name="emailNormalised">The e-mail address as accounts are compared by, whether or not there is such an account.</param>
    /// <param name="address">The client's, taken from trusted proxies only.</param>
    /// <exception cref="StoreUnavailableException">The count is not known: 503, never unlimited (SR-15).</exception>
    public async ValueTask<LoginAttempt> ReserveAsync(string emailNormalised, IPAddress address, CancellationToken cancellationToken) =>
        new(await store.ReserveAsync(
            [
                new AttemptLimit(Subject("account:" + emailNormalised), options.AccountAttempts, options.AccountWindow),
                new AttemptLimit(Subject("address:" + Network(address)), options.AddressAttempts, options.AddressWindow),
            ],
            cancellationToken));

    /// <summary>The password was right: gives this attempt back, and no other, so that a success hides no guess (SR-11).</summary>
    public ValueTask SucceededAsync(LoginAttempt attempt, CancellationToken cancellationToken) => ReleaseAsync(attempt, cancellationToken);

    /// <summary>The password was never compared (no room for a hash, directory unreachable): nobody learnt anything from the attempt.</summary>
    public ValueTask UndecidedAsync(LoginAttempt attempt, CancellationToken cancellationToken) => ReleaseAsync(attempt, cancellationToken);

    /// <summary>An attempt that cannot be given back stays counted until its window ends; that must not fail a right password.</summary>
    private async ValueTask ReleaseAsync(LoginAttempt attempt, CancellationToken cancellationToken)
    {
        if (!attempt.IsAllowed)
        {
            return;
        }

        try
        {
            await store.ReleaseAsync(attempt.Reservation, cancellationToken);
        }
        catch (StoreUnavailableException exception)
        {
            Log.NotReleased(logger, exception);
        }
    }

    private static string Network(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[ClientNetwork.MostBytes];
        return Convert.ToHexStringLower(bytes[..ClientNetwork.Write(address, bytes)]);
    }

    private static string Subject(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, SubjectBytes));

    private static partial class Log
    {
        [LoggerMessage(600, LogLevel.Warning, "A log-in attempt could not be given back; it counts until its window ends", EventName = "AttemptNotReleased")]
        public static partial void NotReleased(ILogger logger, Exception exception);
    }
}
