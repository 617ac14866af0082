using System.Text.Json;
using Aivo.Gateway.Primitives;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Aivo.Gateway.Tokens;

/// <summary>Whether an expired token is refused.</summary>
internal enum TokenExpiry
{
    Enforced,

    /// <summary>For refresh and logout: an offline client's access token has always expired. Everything else is still checked.</summary>
    Ignored,
}

/// <summary>
/// Decides whether a text is an access token of this gateway. First the form, strictly and without cryptography; then the signature,
/// issuer, audience, type and times by the library, with every default that matters set; then what the library does not check.
/// Never asks anyone: keys come from the ring alone, headers that name others (<c>jku x5u jwk x5c</c>) are not read (RFC 8725, section 3.10).
/// </summary>
internal sealed class AccessTokenValidator
{
    /// <summary>How far clocks may differ; the library's default is five minutes.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest life that can be configured, whatever is configured: two releases may differ, and revocations are kept for so long
    /// (RFC 9700, section 2.2).
    /// </summary>
    public static readonly TimeSpan MaximumLifetime = TimeSpan.FromMinutes(15);

    private readonly SigningKeyRing _keys;
    private readonly TokensOptions _options;
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _library;
    private readonly TokenValidationParameters _enforced;
    private readonly TokenValidationParameters _ignored;

    public AccessTokenValidator(SigningKeyRing keys, TokensOptions options, TimeProvider time)
    {
        (_keys, _options, _time) = (keys, options, time);
        _library = new JsonWebTokenHandler { MaximumTokenSizeInBytes = CompactToken.MaximumLength, MapInboundClaims = false };
        _enforced = ParametersFor(TokenExpiry.Enforced);
        _ignored = ParametersFor(TokenExpiry.Ignored);
    }

    /// <summary>The token, or null with the reason: one of <see cref="TokenRefusals"/>. Revocation is not looked at.</summary>
    /// <param name="compact">The token alone, without the scheme.</param>
    public AccessToken? Validate(string compact, TokenExpiry expiry, out string? reason)
    {
        if (!CompactToken.TryParse(compact, out CompactToken? parts, out reason))
        {
            return null;
        }

        using (parts)
        {
            reason = HeaderFault(parts, out SigningKey? key);
            if (reason is not null || AccessTokenClaims.Read(parts.Payload, out reason) is not { } claims)
            {
                return null;
            }

            reason = LibraryFault(compact, expiry) ?? ClaimsFault(claims, expiry);
            return reason is null ? claims.ToToken(key!.KeyId) : null;
        }
    }

    private string? HeaderFault(CompactToken parts, out SigningKey? key)
    {
        key = null;
        if (parts.Header.TryGetProperty("crit", out _))
        {
            return TokenRefusals.Critical; // None is understood here (RFC 7515, section 4.1.11); the library does not look.
        }

        if (HeaderText(parts, "alg") != _keys.Active.Algorithm.ToString())
        {
            return TokenRefusals.Algorithm; // The one algorithm of the ring, in its one spelling (RFC 8725, section 3.1).
        }

        if (HeaderText(parts, "typ") != AccessTokenIssuer.Type)
        {
            return TokenRefusals.Type; // RFC 8725, section 3.11
        }

        if (HeaderText(parts, "kid") is not { } kid || !_keys.TryGet(kid, out key))
        {
            return TokenRefusals.Kid;
        }

        return parts.SignatureLength == key.SignatureLength ? null : TokenRefusals.Signature;
    }

    private string? LibraryFault(string compact, TokenExpiry expiry)
    {
        // With keys at hand and no asynchronous delegate it has completed when it returns; anything else would be a fault, not a wait.
        Task<TokenValidationResult> validation = _library.ValidateTokenAsync(compact, expiry == TokenExpiry.Enforced ? _enforced : _ignored);
        if (!validation.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("The token library did not answer synchronously.", validation.Exception);
        }

#pragma warning disable CA1849 // The result is there: see above.
        TokenValidationResult result = validation.Result;
#pragma warning restore CA1849
        if (result.IsValid)
        {
            return null;
        }

        return result.Exception switch
        {
            SecurityTokenInvalidIssuerException => TokenRefusals.Issuer,
            SecurityTokenInvalidAudienceException => TokenRefusals.Audience,
            SecurityTokenInvalidTypeException => TokenRefusals.Type,
            SecurityTokenInvalidAlgorithmException => TokenRefusals.Algorithm,
            SecurityTokenExpiredException => TokenRefusals.Expired,
            SecurityTokenNotYetValidException => TokenRefusals.NotYetValid,
            SecurityTokenNoExpirationException or SecurityTokenInvalidLifetimeException => TokenRefusals.Lifetime,
            SecurityTokenMalformedException or SecurityTokenDecryptionFailedException => TokenRefusals.Malformed,
            _ => TokenRefusals.Signature,
        };
    }

    /// <summary>On the claims as this class has read them, so that no second reader's view of the payload decides alone.</summary>
    private string? ClaimsFault(AccessTokenClaims claims, TokenExpiry expiry)
    {
        if (!string.Equals(claims.Issuer, _options.Issuer, StringComparison.Ordinal))
        {
            return TokenRefusals.Issuer; // RFC 9068, section 4: exactly equal
        }

        if (!claims.Audience.Contains(_options.Audience, StringComparer.Ordinal))
        {
            return TokenRefusals.Audience;
        }

        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        long skew = (long)Skew.TotalSeconds;
        if (claims.ExpiresAt <= claims.IssuedAt || claims.ExpiresAt - claims.IssuedAt > (long)MaximumLifetime.TotalSeconds)
        {
            return TokenRefusals.Lifetime;
        }

        if (claims.IssuedAt > now + skew || claims.NotBefore > now + skew)
        {
            return TokenRefusals.NotYetValid;
        }

        return expiry == TokenExpiry.Enforced && claims.ExpiresAt + skew <= now ? TokenRefusals.Expired : null;
    }

    private static string? HeaderText(CompactToken parts, string name) =>
        parts.Header.TryGetProperty(name, out JsonElement value) ? StrictJson.TextOf(value) : null;

    private TokenValidationParameters ParametersFor(TokenExpiry expiry) => new()
    {
        ValidateIssuer = true,
        ValidIssuer = _options.Issuer,
        ValidateAudience = true,
        RequireAudience = true,
        ValidAudience = _options.Audience,
        IgnoreTrailingSlashWhenValidatingAudience = false,
        IgnoreCaseWhenValidatingAudience = false,
        ValidTypes = [AccessTokenIssuer.Type],
        ValidAlgorithms = [_keys.Active.Algorithm.ToString()],
        RequireSignedTokens = true,
        ValidateIssuerSigningKey = true,
        TryAllIssuerSigningKeys = false,
        IssuerSigningKeyResolver = (_, _, kid, _) => _keys.TryGet(kid, out SigningKey? key) ? [key.Verification] : [],
        RequireExpirationTime = true,
        ValidateLifetime = true,
        ClockSkew = Skew,
        LifetimeValidator = (notBefore, expires, _, _) => IsWithin(notBefore, expires, expiry),
        ValidateTokenReplay = false,
        ValidateActor = false,
        ValidateWithLKG = false,
        RefreshBeforeValidation = false,
        SaveSigninToken = false,
        IncludeTokenOnFailedValidation = false,
        LogValidationExceptions = false,
    };

    /// <summary>
    /// In place of the library's own check, which reads the machine's clock and knows no token whose expiry does not count. The type of
    /// what it throws is the reason.
    /// </summary>
    private bool IsWithin(DateTime? notBefore, DateTime? expires, TokenExpiry expiry)
    {
        DateTime now = _time.GetUtcNow().UtcDateTime;
        if (expires is null)
        {
            throw new SecurityTokenNoExpirationException();
        }

        if (notBefore - now > Skew)
        {
            throw new SecurityTokenNotYetValidException();
        }

        if (expiry == TokenExpiry.Enforced && now - expires >= Skew)
        {
            throw new SecurityTokenExpiredException();
        }

        return true;
    }
}
