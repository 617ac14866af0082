using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Authentication;

/// <summary>
/// Who calls, as a request feature. Made once per access token and kept with it in the token cache, so that a known token costs a
/// request one look-up and no allocation.
/// </summary>
internal sealed class AuthenticatedCaller(AccessToken token)
{
    private int _seen;
    private CallerClaims? _claims;

    public AccessToken Token { get; } = token;

    /// <summary>What revocations mark. Of its own, so that whoever holds it does not keep the rest.</summary>
    public KnownToken Known { get; } = new(token.Session, token.Id, token.KeyId, token.IssuedAt);

    /// <summary>What policies compare, read when the first policy asks. Two requests may do so at once: both results say the same.</summary>
    public CallerClaims Claims => _claims ??= CallerClaims.Of(Token);

    /// <summary>The internal tokens that stand for this one towards destinations; they go when it goes.</summary>
    public InternalTokens Internal { get; } = new();

    /// <summary>What forwarding derives from the token once (the identity headers); same lifetime as the token.</summary>
    public object? Derived { get; set; }

    /// <summary>True once, for whoever asks first. Every later request only reads a field.</summary>
    public bool IsFirstSight() => Volatile.Read(ref _seen) == 0 && Interlocked.Exchange(ref _seen, 1) == 0;
}
