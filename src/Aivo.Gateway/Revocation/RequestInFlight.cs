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

    /// <summary>
    /// The token this request came with is revoked. What must not happen any more must be impossible when this returns: it is called by
    /// whoever applies the revocation, which counts as applied afterwards. It may come more than once, on any thread, and before the
    /// request's own check; it neither throws nor waits.
    /// </summary>
    protected internal abstract void Revoke(RevocationKind kind);
}
