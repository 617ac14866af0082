using System.Collections.Immutable;
using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// <c>POST /auth/v1/refresh</c>. The bearer is judged first (its expiry is not enforced), then the body, then the refresh token's MAC;
/// only a token that the gateway itself made reaches Redis (SR-55). A refusal with 422, 429, 503 or a 401 about the bearer leaves the
/// refresh token as good as it was (SR-51).
/// </summary>
internal sealed class RefreshEndpoint(
    AccessTokenReader bearer,
    RefreshTokenCodec codec,
    RefreshKeyRing refreshKeys,
    SessionTransactions sessions,
    IUserDirectory users,
    TokenPairs pairs,
    SessionEndings endings,
    CallerCheck check,
    RefreshReport report)
{
    public async Task<IResult> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (bearer.ReadExpired(context.Request.Headers.Authorization, out Denial? denial, out string? reason) is not { } access)
        {
            return report.Refused(context, denial!, reason ?? denial!.Code, null);
        }

        JsonBody body = await JsonBody.ReadAsync(context.Request, cancellationToken);
        if (body.Text("refreshToken") is not { } text || body.Faults.Count > 0)
        {
            return report.Invalid(body.Faults);
        }

        if (codec.Read(text) is not { } refresh)
        {
            return report.Refused(context, Denial.InvalidRefreshToken, "forged_or_foreign", access.Session);
        }

        if (refresh.Session != access.Session)
        {
            return report.Refused(context, Denial.InvalidToken, "other_session", access.Session);
        }

        return await RefuseAsync(context, refresh.Session, cancellationToken) ?? await PresentAsync(context, refresh, cancellationToken);
    }

    private async Task<IResult> PresentAsync(HttpContext context, RefreshToken refresh, CancellationToken cancellationToken)
    {
        var presented = new PresentedToken(
            refresh.Session, refresh.Number, refresh.Label, refresh.IssuedAt,
            ClientFingerprint.Of(context.Connection.RemoteIpAddress, context.Request.Headers.UserAgent.ToString()));
        User? user = null;
        SessionResult<RefreshOutcome> result = await sessions.RefreshAsync(
            presented,
            refreshKeys.Active.KeyId,
            async (id, token) =>
            {
                user = await users.FindAsync(id, token);
                return new UserStanding(user is { Status: UserStatus.Active }, user?.Tenant ?? default);
            },
            cancellationToken);

        // Told before the wait: should that fail, the repetition finds an end and no theft.
        report.Decided(context, presented, result);
        await ApplyAsync(refresh.Session, result.Revocations, result.Log, result.Record?.End is not null, cancellationToken);
        if (result.Outcome.IsSuccess())
        {
            AuthResponse answer = pairs.For(result.Record!, user!);
            return await RefuseAsync(context, refresh.Session, cancellationToken) ?? report.Succeeded(context, result, answer);
        }

        string reason = result.Outcome.Word();
        switch (result.Outcome)
        {
            case RefreshOutcome.Later:
                return report.Refused(context, Denial.TemporarilyUnavailable, reason, refresh.Session, result.RetryAfter);
            case RefreshOutcome.TooManyRotations:
                LimitHeaders.Set(context.Response.Headers, SessionLifecycle.MostEarlierLeaves, 0, (int)Math.Ceiling(result.RetryAfter.TotalSeconds));
                return report.Refused(context, Denial.RateLimited, reason, refresh.Session, result.RetryAfter);
            default:
                return report.Refused(context, Denial.InvalidRefreshToken, reason, refresh.Session);
        }
    }

    /// <summary>
    /// The refusal of a session that this node knows as revoked, or of any while it cannot know; else null. Asked before the store is, so
    /// that nothing rotates, and once more before the answer. A store that holds such a session as alive has lost its end: that is written
    /// again, since no fail-over may undo one (R6).
    /// </summary>
    private async Task<IResult?> RefuseAsync(HttpContext context, SessionId session, CancellationToken cancellationToken)
    {
        if (check.CheckRefresh(session) is not { } denial)
        {
            return null;
        }

        if (denial == Denial.TemporarilyUnavailable)
        {
            return report.Refused(context, denial, "stale", session);
        }

        SessionResult<EndOutcome> end = await sessions.EndAsync(session, EndReason.Revoked, cancellationToken);
        report.EndRepeated(context, end);
        await ApplyAsync(session, end.Revocations, end.Log, ended: true, cancellationToken);
        return report.Refused(context, denial, "revoked", session);
    }

    /// <summary>
    /// What was revoked counts here at once. An end is answered only when a sync has acknowledged it: till then it may be lost, and the
    /// client hears 503 and repeats. A rotation needs none of this.
    /// </summary>
    /// <exception cref="StoreUnavailableException">There is no acknowledgement.</exception>
    private async Task ApplyAsync(
        SessionId session, ImmutableArray<RevocationEntry> revocations, LogCommit? log, bool ended, CancellationToken cancellationToken)
    {
        endings.Apply(session.Shard, revocations);
        if (ended && log is not null)
        {
            await endings.AcknowledgeAsync([log], cancellationToken);
        }
    }
}
