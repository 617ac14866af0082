using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// One request that is being forwarded under an access token, as <see cref="RequestsInFlight"/> holds it. It is its own list node, so
/// that registering allocates nothing.
/// </summary>
internal abstract class RequestInFlight(SessionId session, TokenId token, string keyId)
{
    public SessionId Session => session;

    public TokenId Token => token;

    /// <summary>The key that signed the access token.</summary>
    public string KeyId => keyId;

    internal RequestInFlight? Next { get; set; }

    internal RequestInFlight? Previous { get; set; }

    /// <summary>Whether it is among <see cref="RequestsInFlight"/>; under its bucket's lock.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>Completes when it has been taken out; only of one that unwinds, and under its bucket's lock.</summary>
    internal TaskCompletionSource? Unwound { get; set; }

    /// <summary>
    /// The token this request came with is revoked. It may come more than once, on any thread, and before the request's own check; it
    /// neither throws nor waits.
    /// </summary>
    /// <returns>
    /// Whether it was told to end and may be on its way to a destination until it has been taken out: another thread may stand between its
    /// last check and the write to the socket, where no cancellation reaches it.
    /// </returns>
    protected internal abstract bool Revoke(RevocationKind kind);
}
