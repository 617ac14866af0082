using System.Collections.Immutable;
using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tokens;
using Microsoft.AspNetCore.Http.Features;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// <c>GET /auth/v1/sessions</c> and <c>DELETE /auth/v1/sessions/{id}</c>: the caller's own sessions. Another user's session is answered as
/// one that does not exist.
/// </summary>
internal sealed class SessionsEndpoint(UserSessions sessions, SessionEndings endings, CallerCheck check, GatewayMetrics metrics)
{
    private const string Scope = "session";

    public async Task<IResult> ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        AuthenticatedCaller caller = Caller(context);
        AccessToken token = caller.Token;
        ImmutableArray<SessionRecord> live = await sessions.ListAsync(token.User, token.Session.Shard, cancellationToken);
        return check.Check(caller) is { } denial
            ? new DenialResult(denial)
            : TypedResults.Ok(new SessionsResponse([.. live.Select(record => SessionResponse.From(record, token.Session))]));
    }

    public async Task<IResult> EndAsync(HttpContext context, CancellationToken cancellationToken)
    {
        AccessToken caller = Caller(context).Token;
        if (!SessionId.TryParse(context.Request.RouteValues["id"] as string, out SessionId id)
            || id.Shard != caller.Session.Shard
            || (await sessions.FindAsync(id, cancellationToken)).Record?.User != caller.User)
        {
            metrics.Logout(Scope, Denial.NotFound.Code);
            return new DenialResult(Denial.NotFound);
        }

        // One that has ended already is ended again: whoever repeats the call has to be told the truth about it.
        EndReason reason = id == caller.Session ? EndReason.Logout : EndReason.Removed;
        SessionResult<EndOutcome> end = await endings.EndAsync(id, reason, caller.User, context.Connection.RemoteIpAddress, cancellationToken);
        await endings.AcknowledgeAsync([end.Log!], cancellationToken);
        metrics.Logout(Scope, end.Outcome.Word());
        return TypedResults.NoContent();
    }

    private static AuthenticatedCaller Caller(HttpContext context) => context.Features.GetRequiredFeature<AuthenticatedCaller>();
}
