using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tokens;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Authentication;

/// <summary>
/// Finds the access token of a request and validates it, once per token: a validated one is remembered by its exact header. Exactly
/// one Authorization header with the scheme Bearer counts, and nothing from query, cookie or body (RFC 6750, section 2; SR-35).
/// </summary>
internal sealed class AccessTokenReader(AccessTokenValidator validator, AccessTokenCache cache, GatewayMetrics metrics)
{
    /// <summary>The caller, or null with the denial that says why not.</summary>
    public AuthenticatedCaller? Read(StringValues authorization, out Denial? denial, out string? reason)
    {
        reason = null;
        if (authorization.Count == 0)
        {
            denial = Denial.Unauthenticated;
            return null;
        }

        if (authorization.Count == 1 && authorization[0] is { } header)
        {
            if (cache.Find(header) is { } known)
            {
                denial = null;
                return (AuthenticatedCaller)known.State;
            }

            return Validate(header, out denial, out reason);
        }

        reason = "several_headers";
        return Refuse(out denial, reason);
    }

    /// <summary>Like <see cref="Read"/>, but an expired token counts: for refresh and logout, which an offline client must reach.</summary>
    public AccessToken? ReadExpired(StringValues authorization, out Denial? denial, out string? reason)
    {
        reason = null;
        denial = null;
        if (authorization.Count == 0)
        {
            denial = Denial.Unauthenticated;
            return null;
        }

        if (authorization.Count > 1)
        {
            reason = "several_headers";
            Refuse(out denial, reason);
            return null;
        }

        if (BearerHeader.TokenIn(authorization[0], out denial) is not { } compact)
        {
            return null;
        }

        AccessToken? token = validator.Validate(compact, TokenExpiry.Ignored, out reason);
        if (token is null)
        {
            Refuse(out denial, reason);
        }

        return token;
    }

    private AuthenticatedCaller? Validate(string header, out Denial? denial, out string? reason)
    {
        reason = null;
        if (BearerHeader.TokenIn(header, out denial) is not { } compact)
        {
            return null;
        }

        if (validator.Validate(compact, TokenExpiry.Enforced, out reason) is not { } token)
        {
            return Refuse(out denial, reason);
        }

        // Of requests that come at once with a new token, all get the caller of the first.
        denial = null;
        return (AuthenticatedCaller)cache.GetOrAdd(header, token, new AuthenticatedCaller(token)).State;
    }

    private AuthenticatedCaller? Refuse(out Denial? denial, string? reason)
    {
        metrics.TokenRefusal(reason ?? "unknown");
        denial = Denial.InvalidToken;
        return null;
    }
}
