using System.Security.Claims;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Authentication;

/// <summary>
/// Authenticates and authorizes a request in ASP.NET's authorization middleware, in place of a handler per scheme and the authorization
/// service: those make a handler, a principal and a context for every request, this one nothing for a token it knows
/// (docs/adr/0010). A policy is either the signed-in user or nothing in this version.
/// </summary>
internal sealed class CallerPolicyEvaluator(AccessTokenReader reader, CallerCheck check, FirstUseMarks marks) : IPolicyEvaluator
{
    private const string Scheme = "Bearer";

    private static readonly Task<AuthenticateResult> Nobody = Task.FromResult(AuthenticateResult.NoResult());

    /// <summary>One principal for all: it says that somebody is signed in. Who it is says <see cref="AuthenticatedCaller"/>.</summary>
    private static readonly Task<AuthenticateResult> Somebody = Task.FromResult(AuthenticateResult.Success(
        new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(Scheme)), Scheme)));

    private static readonly Task<PolicyAuthorizationResult> Allowed = Task.FromResult(PolicyAuthorizationResult.Success());
    private static readonly Task<PolicyAuthorizationResult> Challenged = Task.FromResult(PolicyAuthorizationResult.Challenge());

    public Task<AuthenticateResult> AuthenticateAsync(AuthorizationPolicy policy, HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            // Nobody is known on an anonymous route, whatever token was sent: so no token decides anything there.
            return Nobody;
        }

        AuthenticatedCaller? caller = reader.Read(Authorization(context), out Denial? denial, out string? reason);
        if (caller is not null && check.Check(caller) is { } refused)
        {
            (caller, denial, reason) = (null, refused, refused == Denial.InvalidToken ? "revoked" : "stale");
        }

        if (caller is null)
        {
            context.Features.Set(new Refusal(denial ?? Denial.InvalidToken, reason));
            return Nobody;
        }

        // Only here, past the revocation check: a refused token is no use of its leaf.
        if (caller.IsFirstSight())
        {
            marks.Add(caller.Token.Session, caller.Token.Id);
        }

        context.Features.Set(caller);
        return Somebody;
    }

    public Task<PolicyAuthorizationResult> AuthorizeAsync(AuthorizationPolicy policy, AuthenticateResult authenticationResult, HttpContext context, object? resource) =>
        authenticationResult.Succeeded ? Allowed : Challenged;

    /// <summary>The header; or the token that a WebSocket brought as a subprotocol, where the route allows it and no header came.</summary>
    private static StringValues Authorization(HttpContext context)
    {
        StringValues header = context.Request.Headers.Authorization;
        return header.Count == 0 && WebSocketTokens.TryTakeToken(context, out string token) ? $"{Scheme} {token}" : header;
    }
}
