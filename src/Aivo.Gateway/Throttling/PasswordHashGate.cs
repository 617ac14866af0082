using System.Threading.RateLimiting;

namespace Aivo.Gateway.Throttling;

/// <summary>
/// Bounds how many passwords are hashed at once and how many log-ins wait for that, so that log-ins cannot take the processor and the
/// memory from all other requests (SR-08).
/// </summary>
internal sealed class PasswordHashGate(ThrottlingOptions options, TimeProvider timeProvider) : IDisposable
{
    /// <summary>SR-08: an excess log-in is answered within a second.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = options.ConcurrentHashes,
        QueueLimit = options.QueuedHashes,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>
    /// Waits for room to hash one password. Dispose what is returned once the hash is done; null means that there is no room, and the
    /// answer is 503 <c>temporarily_unavailable</c> with a Retry-After of 1.
    /// </summary>
    public async ValueTask<IDisposable?> EnterAsync(CancellationToken cancellationToken)
    {
        using var tooLong = new CancellationTokenSource(LongestWait, timeProvider);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, tooLong.Token);
        try
        {
            RateLimitLease lease = await _limiter.AcquireAsync(1, ended.Token);
            if (lease.IsAcquired)
            {
                return lease;
            }

            lease.Dispose();
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => _limiter.Dispose();
}
