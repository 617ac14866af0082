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
    SessionTransactions sessions,
    RefreshKeyRing refreshKeys,
    TokenPairs pairs,
    CallerCheck check,
    AuditLog audit,
    GatewayMetrics metrics)
{
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

        User? user;
        using (IDisposable? turn = await hashes.EnterAsync(cancellationToken))
        {
            if (turn is null)
            {
                await throttle.UndecidedAsync(attempt, cancellationToken);
                return Refused(Denial.TemporarilyUnavailable);
            }

            user = await users.VerifyAsync(account, password, cancellationToken);
        }

        if (user is null)
        {
            audit.LoginRefused(Denial.InvalidCredentials.Code, AuditLog.AccountWord(account), address);
            return Refused(Denial.InvalidCredentials);
        }

        await throttle.SucceededAsync(attempt, cancellationToken);
        return await BeginAsync(context, user, address, cancellationToken);
    }

    private async Task<IResult> BeginAsync(HttpContext context, User user, IPAddress address, CancellationToken cancellationToken)
    {
        var client = new SessionClient(null, address.ToString(), context.Request.Headers.UserAgent.ToString());
        SessionRecord session = await sessions.CreateAsync(user.Id, user.Tenant, client, refreshKeys.Active.KeyId, 0, cancellationToken);
        await users.RecordLoginAsync(user.Id, session.CreatedAt, cancellationToken);
        AuthResponse answer = pairs.For(session, user with { LastLoginAt = session.CreatedAt });
        if (check.CheckFresh() is { } stale)
        {
            return Refused(stale);
        }

        audit.LoginSucceeded(user.Id, session.Id, address);
        metrics.Login("succeeded");
        return TypedResults.Ok(answer);
    }

    private DenialResult Refused(Denial denial)
    {
        metrics.Login(denial.Code);
        return new DenialResult(denial);
    }

    /// <summary>What a text misses to be a password, in words for the client.</summary>
    private static string? Fault(string password) => PasswordRules.Check(password) switch
    {
        PasswordFault.TooShort => $"must have at least {PasswordRules.MinimumLength} characters.",
        PasswordFault.TooLong => $"must have at most {PasswordRules.MaximumBytes} bytes.",
        PasswordFault.NotUnicode => "is not valid Unicode.",
        _ => null,
    };
}
