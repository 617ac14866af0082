using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// <c>POST /auth/v1/logout</c>: ends the bearer's session. A token whose signature holds is enough, expired or not, and an ended or
/// unknown session is no error (RFC 7009, section 2.2): a client that repeats a log-out is told the truth. 204 only after the end has
/// been committed; this node refuses the session before it answers.
/// </summary>
internal sealed class LogoutEndpoint(
    AccessTokenReader bearer,
    SessionTransactions sessions,
    RevocationReplica replica,
    AuditLog audit,
    GatewayMetrics metrics)
{
    public async Task<IResult> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (bearer.ReadExpired(context.Request.Headers.Authorization, out Denial? denial, out string? reason) is not { } token)
        {
            metrics.Logout(denial!.Code);
            return new DenialResult(denial!, reason);
        }

        // Only the bearer's own session can be ended in this version: a wider scope must not be answered as if it had been done.
        if (context.Request.Query["scope"] is { Count: > 0 } scope && !(scope.Count == 1 && scope[0] == "local"))
        {
            metrics.Logout(Denial.ValidationFailed.Code);
            return new DenialResult([new ValidationFault("scope", "must be local, the only scope of this version.")]);
        }

        SessionResult<EndOutcome> end = await sessions.EndAsync(token.Session, EndReason.Logout, cancellationToken);
        foreach (RevocationEntry entry in end.Revocations)
        {
            replica.Apply(entry);
        }

        audit.SessionEnded("logout", token.Session, token.User, context.Connection.RemoteIpAddress);
        metrics.Logout(end.Outcome.Word());
        return TypedResults.NoContent();
    }
}
