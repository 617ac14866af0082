using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tokens;

/// <summary>
/// When the access token of a leaf expires. Its life is the configured one, shortened by up to <c>Tokens:ExpiryJitter</c> per cent, so that
/// clients that signed in at one moment (a lesson begins) do not refresh at one moment ever after. It is never lengthened (SR-19).
/// </summary>
internal static class AccessTokenExpiry
{
    /// <param name="id">
    /// The leaf's <c>jti</c>. The reduction is taken from it, not from a random number: handed out again, by any node, the same leaf expires
    /// at the same time.
    /// </param>
    /// <param name="issued">The leaf's time of issue, counted from its whole second, as <c>iat</c> is.</param>
    /// <returns>A whole second.</returns>
    public static DateTimeOffset For(TokenId id, DateTimeOffset issued, TokensOptions options)
    {
        long lifetime = (long)options.AccessTokenLifetime.TotalSeconds;
        long most = lifetime * options.ExpiryJitter / 100;
        var reduction = (long)(id.Value % (UInt128)(most + 1));
        return DateTimeOffset.FromUnixTimeSeconds(issued.ToUnixTimeSeconds() + lifetime - reduction);
    }
}
