using System.Security.Claims;
using Aivo.Gateway.Tokens;
using Microsoft.AspNetCore.Authentication;

namespace Aivo.Gateway.Authentication;

/// <summary>
/// Who calls, as a request feature. Made once per access token and kept with it in the token cache, so that a known token costs a
/// request one look-up and no allocation.
/// </summary>
internal sealed class AuthenticatedCaller
{
    public AuthenticatedCaller(AccessToken token)
    {
        Token = token;
        var identity = new ClaimsIdentity(
            [new Claim("sub", token.User.ToString()), new Claim("tenant_id", token.Tenant.ToString()), new Claim("role", token.Role)],
            BearerAuthentication.Scheme, "sub", "role");
        Result = AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), BearerAuthentication.Scheme));
        Shared = Task.FromResult(Result);
    }

    public AccessToken Token { get; }

    /// <summary>The authentication result, shared by every request with this token; nothing writes to it.</summary>
    public AuthenticateResult Result { get; }

    /// <summary><see cref="Result"/> as a finished task.</summary>
    public Task<AuthenticateResult> Shared { get; }

    /// <summary>What forwarding derives from the token once (the identity headers); same lifetime as the token.</summary>
    public object? Derived { get; set; }
}
