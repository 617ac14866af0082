using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// <c>POST /auth/v1/refresh</c>. The bearer is judged first (its expiry is not enforced), then the body, then the refresh token's MAC;
/// only a token that the gateway itself made reaches Redis (SR-55). A refusal leaves the refresh token usable (SR-51).
/// </summary>
internal sealed class RefreshEndpoint(
    AccessTokenReader bearer,
    RefreshTokenCodec codec,
    RefreshKeyRing refreshKeys,
    SessionTransactions sessions,
    IUserDirectory users,
    TokenPairs pairs,
    RevocationReplica replica,
    CallerCheck check,
    AuditLog audit,
    GatewayMetrics metrics)
{
    public async Task<IResult> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (bearer.ReadExpired(context.Request.Headers.Authorization, out Denial? denial, out string? reason) is not { } access)
        {
            return Refused(context, denial!, reason ?? denial!.Code, null);
        }

        JsonBody body = await JsonBody.ReadAsync(context.Request, cancellationToken);
        if (body.Text("refreshToken") is not { } text || body.Faults.Count > 0)
        {
            metrics.Refresh(Denial.ValidationFailed.Code);
            return new DenialResult(body.Faults);
        }

        if (codec.Read(text) is not { } refresh)
        {
            return Refused(context, Denial.InvalidRefreshToken, "forged_or_foreign", access.Session);
        }

        if (refresh.Session != access.Session)
        {
            return Refused(context, Denial.InvalidToken, "other_session", access.Session);
        }

        if (check.CheckFresh() is { } stale)
        {
            return Refused(context, stale, "stale", access.Session);
        }

        return await RotateAsync(context, refresh, cancellationToken);
    }

    private async Task<IResult> RotateAsync(HttpContext context, RefreshToken refresh, CancellationToken cancellationToken)
    {
        User? user = null;
        SessionResult<RefreshOutcome> result = await sessions.RefreshAsync(
            new PresentedToken(refresh.Session, refresh.Number, refresh.Label, refresh.IssuedAt),
            refreshKeys.Active.KeyId,
            async (id, token) =>
            {
                user = await users.FindAsync(id, token);
                return new UserStanding(user is { Status: UserStatus.Active }, user?.Tenant ?? default);
            },
            cancellationToken);
        foreach (RevocationEntry entry in result.Revocations)
        {
            replica.Apply(entry);
        }

        if (result.Record is not { } session || user is null || result.Outcome != RefreshOutcome.Rotated)
        {
            return Refused(context, Denial.InvalidRefreshToken, result.Outcome.Word(), refresh.Session);
        }

        AuthResponse answer = pairs.For(session, user);
        if (check.CheckFresh() is { } stale)
        {
            return Refused(context, stale, "stale", refresh.Session);
        }

        audit.RefreshRotated(user.Id, session.Id, session.Live.Number, context.Connection.RemoteIpAddress);
        metrics.Refresh(result.Outcome.Word());
        return TypedResults.Ok(answer);
    }

    private DenialResult Refused(HttpContext context, Denial denial, string reason, SessionId? session)
    {
        audit.RefreshRefused(reason, session, context.Connection.RemoteIpAddress);
        metrics.Refresh(reason);
        return new DenialResult(denial, reason);
    }
}
