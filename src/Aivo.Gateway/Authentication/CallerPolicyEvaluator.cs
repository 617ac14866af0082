using System.Security.Claims;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Authentication;

/// <summary>
/// Authenticates and authorizes a request in ASP.NET's authorization middleware, in place of a handler per scheme and the authorization
/// service: those make a handler, a principal and a context for every request, this one nothing for a token it knows
/// (docs/adr/0010). The policy of a route is metadata of its endpoint (<see cref="CallerPolicy"/>, docs/adr/0017); where it has none,
/// being signed in is enough.
/// </summary>
internal sealed partial class CallerPolicyEvaluator(
    AccessTokenReader reader, CallerCheck check, FirstUseMarks marks, GatewayMetrics metrics, ILogger<CallerPolicyEvaluator> logger) : IPolicyEvaluator
{
    private const string Scheme = "Bearer";

    private static readonly Task<AuthenticateResult> Nobody = Task.FromResult(AuthenticateResult.NoResult());

    /// <summary>One principal for all: it says that somebody is signed in. Who it is says <see cref="AuthenticatedCaller"/>.</summary>
    private static readonly Task<AuthenticateResult> Somebody = Task.FromResult(AuthenticateResult.Success(
        new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(Scheme)), Scheme)));

    private static readonly Task<PolicyAuthorizationResult> Allowed = Task.FromResult(PolicyAuthorizationResult.Success());
    private static readonly Task<PolicyAuthorizationResult> Challenged = Task.FromResult(PolicyAuthorizationResult.Challenge());
    private static readonly Task<PolicyAuthorizationResult> Forbidden = Task.FromResult(PolicyAuthorizationResult.Forbid());

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

    public Task<PolicyAuthorizationResult> AuthorizeAsync(AuthorizationPolicy policy, AuthenticateResult authenticationResult, HttpContext context, object? resource)
    {
        if (!authenticationResult.Succeeded)
        {
            return Challenged;
        }

        if (context.GetEndpoint()?.Metadata.GetMetadata<CallerPolicy>() is not { } rules)
        {
            return Allowed;
        }

        if (context.Features.Get<AuthenticatedCaller>() is not { } caller)
        {
            return Challenged;
        }

        if (rules.Refusing(caller.Claims, context.Request.RouteValues) is not { } refusing)
        {
            return Allowed;
        }

        metrics.PolicyDenied(rules.Route, refusing.Name);
        Log.PolicyDenied(logger, rules.Route, refusing.Name);
        context.Features.Set(new Refusal(Denial.Forbidden, refusing.Name));
        return Forbidden;
    }

    /// <summary>The header; or the token that a WebSocket brought as a subprotocol, where the route allows it and no header came.</summary>
    private static StringValues Authorization(HttpContext context)
    {
        StringValues header = context.Request.Headers.Authorization;
        return header.Count == 0 && WebSocketTokens.TryTakeToken(context, out string token) ? $"{Scheme} {token}" : header;
    }

    private static partial class Log
    {
        [LoggerMessage(800, LogLevel.Information, "The policy of route {Route} refused a caller: the rule about the {Rule} does not hold.", EventName = "PolicyDenied")]
        public static partial void PolicyDenied(ILogger logger, string route, string rule);
    }
}
