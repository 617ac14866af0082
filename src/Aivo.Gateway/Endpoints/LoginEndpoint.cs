using System.Net;
using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Throttling;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// <c>POST /auth/v1/login</c>. The attempt is reserved before any password is hashed; unknown account, wrong password and inactive
/// user give the same answer after the same work (SR-02, SR-03). Every login is a new session; nothing the client sent is reused (SR-09).
/// </summary>
internal sealed class LoginEndpoint(
    LoginThrottle throttle,
    PasswordHashGate hashes,
    IUserDirectory users,
    SessionLogins sessions,
    SessionEndings endings,
    RefreshKeyRing refreshKeys,
    TokenPairs pairs,
    CallerCheck check,
    AuditLog audit,
    GatewayMetrics metrics)
{
    /// <summary>How often one login verifies the password, when the user's epoch is raised meanwhile.</summary>
    private const int MostVerifications = 3;

    public async Task<IResult> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (check.CheckFresh() is { } stale)
        {
            return Refused(stale);
        }

        JsonBody body = await JsonBody.ReadAsync(context.Request, cancellationToken);
        string? email = body.Text("email");
        string? password = body.Text("password");
        string? account = null;
        if (email is not null && !EmailAddress.TryNormalise(email, out account))
        {
            body.Fault("email", "is not an e-mail address.");
        }

        if (password is not null && Fault(password) is { } fault)
        {
            body.Fault("password", fault);
        }

        string? deviceName = body.OptionalText("deviceName");
        if (deviceName is not null && !IsDeviceName(deviceName))
        {
            body.Fault("deviceName", $"must have 1 to {SessionClient.MostDeviceNameChars} characters, none of them a control character.");
        }

        if (body.Faults.Count > 0 || account is null || password is null)
        {
            metrics.Login(Denial.ValidationFailed.Code);
            return new DenialResult(body.Faults);
        }

        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        LoginAttempt attempt = await throttle.ReserveAsync(account, address, cancellationToken);
        if (!attempt.IsAllowed)
        {
            audit.LoginRefused(Denial.TooManyAttempts.Code, AuditLog.AccountWord(account), address);
            LimitHeaders.Set(context.Response.Headers, attempt.Limit, attempt.Remaining, attempt.Reset);
            metrics.Login(Denial.TooManyAttempts.Code);
            return new DenialResult(Denial.TooManyAttempts, RetryAfter: TimeSpan.FromSeconds(attempt.RetryAfter));
        }

        var client = new SessionClient(deviceName, address.ToString(), context.Request.Headers.UserAgent.ToString());
        return await BeginAsync(attempt, account, password, client, address, cancellationToken);
    }

    /// <summary>
    /// Verifies, then begins the session if the user's epoch has not been raised since; else verifies again. So a log-in that was under way
    /// when the user's sessions were ended, or its password changed, never outlives that.
    /// </summary>
    private async Task<IResult> BeginAsync(
        LoginAttempt attempt, string account, string password, SessionClient client, IPAddress address, CancellationToken cancellationToken)
    {
        for (int verification = 0; verification < MostVerifications; verification++)
        {
            LogPosition?[] positions = sessions.Positions();
            if (positions.Contains(null))
            {
                return await UndecidedAsync(attempt, verification, cancellationToken);
            }

            User? user;
            using (IDisposable? turn = await hashes.EnterAsync(cancellationToken))
            {
                if (turn is null)
                {
                    return await UndecidedAsync(attempt, verification, cancellationToken);
                }

                user = await users.VerifyAsync(account, password, cancellationToken);
            }

            if (user is null)
            {
                audit.LoginRefused(Denial.InvalidCredentials.Code, AuditLog.AccountWord(account), address);
                return Refused(Denial.InvalidCredentials);
            }

            if (verification == 0)
            {
                await throttle.SucceededAsync(attempt, cancellationToken);
            }

            ushort shard = user.Id.ShardOf(positions.Length);
            LogPosition position = positions[shard]!;
            if (await sessions.BeginAsync(user.Id, user.Tenant, client, refreshKeys.Active.KeyId, shard, position, cancellationToken) is { } begun)
            {
                return await AnswerAsync(begun, LogCommit.At(shard, position), user, address, cancellationToken);
            }

            // With the next sync this node's position is past the raise; without waiting it would be refused again.
            await endings.CatchUpAsync(shard, cancellationToken);
        }

        return Refused(Denial.TemporarilyUnavailable);
    }

    private async Task<IResult> AnswerAsync(BegunSession begun, LogCommit created, User user, IPAddress address, CancellationToken cancellationToken)
    {
        SessionRecord session = begun.Record;
        IReadOnlyCollection<LogCommit> surplus = await endings.EndSurplusAsync(begun, address, cancellationToken);
        await users.RecordLoginAsync(user.Id, session.CreatedAt, cancellationToken);
        await endings.AcknowledgeAsync([created, .. surplus], cancellationToken);
        AuthResponse answer = pairs.For(session, user with { LastLoginAt = session.CreatedAt });
        if (check.CheckFresh() is { } stale)
        {
            return Refused(stale);
        }

        audit.LoginSucceeded(user.Id, session.Id, address);
        metrics.Login("succeeded");
        return TypedResults.Ok(answer);
    }

    /// <summary>Nothing was learnt from an attempt whose password was never compared; after the first comparison it has been given back.</summary>
    private async Task<IResult> UndecidedAsync(LoginAttempt attempt, int verification, CancellationToken cancellationToken)
    {
        if (verification == 0)
        {
            await throttle.UndecidedAsync(attempt, cancellationToken);
        }

        return Refused(Denial.TemporarilyUnavailable);
    }

    private DenialResult Refused(Denial denial)
    {
        metrics.Login(denial.Code);
        return new DenialResult(denial);
    }

    private static bool IsDeviceName(string text) => text.Length is > 0 and <= SessionClient.MostDeviceNameChars && !text.Any(char.IsControl);

    /// <summary>What a text misses to be a password, in words for the client.</summary>
    private static string? Fault(string password) => PasswordRules.Check(password) switch
    {
        PasswordFault.TooShort => $"must have at least {PasswordRules.MinimumLength} characters.",
        PasswordFault.TooLong => $"must have at most {PasswordRules.MaximumBytes} bytes.",
        PasswordFault.NotUnicode => "is not valid Unicode.",
        _ => null,
    };
}
