using System.Net;
using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tokens;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// <c>POST /auth/v1/logout?scope=local|others|all</c>: ends the bearer's session, the user's other sessions, or both. A token whose
/// signature holds is enough, expired or not, and an ended or unknown session of its own is no error (RFC 7009, section 2.2): a client
/// that repeats a log-out is told the truth. But only a session that is live can end others. 204 only after the end has been committed
/// and acknowledged; this node refuses the session before it answers.
/// </summary>
internal sealed class LogoutEndpoint(
    AccessTokenReader bearer, UserSessions sessions, SessionEndings endings, RevocationReplicas replicas, GatewayMetrics metrics)
{
    private const string Local = "local";
    private const string Others = "others";
    private const string All = "all";

    public async Task<IResult> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (bearer.ReadExpired(context.Request.Headers.Authorization, out Denial? denial, out string? reason) is not { } token)
        {
            metrics.Logout("none", denial!.Code);
            return new DenialResult(denial!, reason);
        }

        IPAddress? address = context.Connection.RemoteIpAddress;
        StringValues asked = context.Request.Query["scope"];
        switch (asked.Count == 0 ? Local : asked.Count == 1 ? asked[0] : null)
        {
            case Local:
                SessionResult<EndOutcome> end = await endings.EndAsync(token.Session, EndReason.Logout, token.User, address, cancellationToken);
                return await DoneAsync(Local, [end.Log!], end.Outcome, cancellationToken);
            case Others:
                return await EndOthersAsync(token, Others, EndReason.LogoutOthers, address, cancellationToken);
            case All:
                return await EndOthersAsync(token, All, EndReason.LogoutAll, address, cancellationToken);
            default:
                metrics.Logout("none", Denial.ValidationFailed.Code);
                return new DenialResult([new ValidationFault("scope", "must be local, others or all, once.")]);
        }
    }

    private async Task<IResult> EndOthersAsync(AccessToken token, string scope, EndReason reason, IPAddress? address, CancellationToken cancellationToken)
    {
        (SessionRecord? own, SessionLiveness liveness) = await sessions.FindAsync(token.Session, cancellationToken);
        if (scope == All && own is { End.Reason: EndReason.LogoutAll })
        {
            // The caller's own session is the last that "all" ends, so everything else had been done: this is a call repeated after a lost
            // answer. It confirms the end again and acts on nothing else.
            SessionResult<EndOutcome> again = await endings.EndAsync(token.Session, reason, own.User, address, cancellationToken);
            return await DoneAsync(scope, [again.Log!], again.Outcome, cancellationToken);
        }

        if (own is null || liveness != SessionLiveness.Live || replicas.IsRevoked(token.Session, token.Id, token.KeyId))
        {
            metrics.Logout(scope, Denial.InvalidToken.Code);
            return new DenialResult(Denial.InvalidToken, "session_not_live");
        }

        // Whose sessions end is what the record says, not the token.
        IReadOnlyCollection<LogCommit> commits = await endings.EndAllAsync(own.User, own.Id, reason, address, cancellationToken);
        if (scope == All)
        {
            // Last, so that a call that breaks off can be repeated with the same token.
            commits = [.. commits, (await endings.EndAsync(own.Id, reason, own.User, address, cancellationToken)).Log!];
        }

        return await DoneAsync(scope, commits, EndOutcome.Ended, cancellationToken);
    }

    private async Task<IResult> DoneAsync(string scope, IReadOnlyCollection<LogCommit> commits, EndOutcome outcome, CancellationToken cancellationToken)
    {
        await endings.AcknowledgeAsync(commits, cancellationToken);
        metrics.Logout(scope, outcome.Word());
        return TypedResults.NoContent();
    }
}
