using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Forwarding;

/// <summary>What forwarding needs from the rest of the gateway.</summary>
/// <param name="Refuse">Writes the contract-shaped answer of a denial. Headers that are already set (Retry-After) must stay.</param>
/// <param name="IdentityOf">The identity headers of an authenticated request; null on a request without identity. Asked twice a request, so it must not build them anew.</param>
/// <param name="CheckLast">
/// Whether the request may still be forwarded (revocation, lease): asked after everything of ours that can wait, right before the
/// forwarder. Null means yes.
/// </param>
/// <param name="Forwarded">Told of every request that a destination answered: the route and the status.</param>
internal sealed record ForwardingHooks(
    Func<HttpContext, Denial, Task> Refuse,
    Func<HttpContext, IdentityHeaders?> IdentityOf,
    Func<HttpContext, Denial?> CheckLast,
    Action<string, int>? Forwarded = null)
{
    /// <summary>The access token a request came with; null on a request without identity, which no revocation concerns.</summary>
    public Func<HttpContext, AccessToken?> TokenOf { get; init; } = static _ => null;

    /// <summary>
    /// The <c>Authorization</c> header by which a cluster of this name learns who calls; null on a request without identity. Asked after every
    /// check that refuses a request, since making one signs.
    /// </summary>
    public Func<HttpContext, string, string?> InternalAuthorizationOf { get; init; } = static (_, _) => null;

    /// <summary>
    /// Until when the session's newest access token holds; null when the session has ended. Asked when the token of a stream has expired.
    /// Throws <see cref="StoreUnavailableException"/> when there is no answer.
    /// </summary>
    public Func<SessionId, CancellationToken, Task<DateTimeOffset?>> RefreshedUntil { get; init; } = static (_, _) => Task.FromResult<DateTimeOffset?>(null);
}
