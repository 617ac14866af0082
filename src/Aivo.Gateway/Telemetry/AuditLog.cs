using System.Net;
using System.Security.Cryptography;
using System.Text;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Telemetry;

/// <summary>
/// Security events, one line each, greppable by event name (requirement SR-88). They name users by id and accounts by hash: no token,
/// no password and no e-mail address is ever written.
/// </summary>
internal sealed partial class AuditLog(ILogger<AuditLog> logger)
{
    public void LoginSucceeded(UserId user, SessionId session, IPAddress? address) => Log.LoginSucceeded(logger, user, session, address);

    /// <summary>An account's name as it is logged: enough of a hash to count by, and not the e-mail address.</summary>
    public static string AccountWord(string account) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account)).AsSpan(0, 8));

    /// <param name="account">From <see cref="AccountWord"/>.</param>
    public void LoginRefused(string code, string account, IPAddress? address) => Log.LoginRefused(logger, code, account, address);

    public void RefreshRotated(UserId user, SessionId session, int number, IPAddress? address) => Log.RefreshRotated(logger, user, session, number, address);

    public void RefreshRefused(string reason, SessionId? session, IPAddress? address) => Log.RefreshRefused(logger, reason, session, address);

    public void SessionEnded(string reason, SessionId session, UserId? user, IPAddress? address) => Log.SessionEnded(logger, reason, session, user, address);

    /// <param name="presented">The number of the refresh that was presented.</param>
    /// <param name="live">The number of the live one.</param>
    /// <param name="handedTo">The client that got the live one first, as a fingerprint.</param>
    /// <param name="presenter">The client that presented, as a fingerprint.</param>
    public void RefreshTokenTheft(UserId user, SessionId session, int presented, int live, string handedTo, string presenter, IPAddress? address) =>
        Log.RefreshTokenTheft(logger, session, user, presented, live, handedTo, presenter, address);

    /// <param name="leaves">How many refreshes of the session two clients have got so far.</param>
    public void RefreshTokenShared(UserId user, SessionId session, int leaves, string handedTo, string presenter, IPAddress? address) =>
        Log.RefreshTokenShared(logger, session, user, leaves, handedTo, presenter, address);

    public void LostWriteFound(UserId user, SessionId session, int presented, IPAddress? address) =>
        Log.LostWriteFound(logger, session, presented, user, address);

    public void SigningKeyRevoked(string keyId) => Log.SigningKeyRevoked(logger, keyId);

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Information, "Log-in of user {UserId}: session {SessionId} from {Address}", EventName = "LoginSucceeded")]
        public static partial void LoginSucceeded(ILogger logger, UserId userId, SessionId sessionId, IPAddress? address);

        [LoggerMessage(101, LogLevel.Warning, "Log-in refused ({Code}) for account {Account} from {Address}", EventName = "LoginRefused")]
        public static partial void LoginRefused(ILogger logger, string code, string account, IPAddress? address);

        [LoggerMessage(102, LogLevel.Information, "Refresh {Number} of session {SessionId} of user {UserId} from {Address}", EventName = "RefreshRotated")]
        public static partial void RefreshRotated(ILogger logger, UserId userId, SessionId sessionId, int number, IPAddress? address);

        [LoggerMessage(103, LogLevel.Warning, "Refresh refused ({Reason}) for session {SessionId} from {Address}", EventName = "RefreshRefused")]
        public static partial void RefreshRefused(ILogger logger, string reason, SessionId? sessionId, IPAddress? address);

        [LoggerMessage(104, LogLevel.Information, "Session {SessionId} of user {UserId} ended ({Reason}) from {Address}", EventName = "SessionEnded")]
        public static partial void SessionEnded(ILogger logger, string reason, SessionId sessionId, UserId? userId, IPAddress? address);

        [LoggerMessage(105, LogLevel.Error, "Theft: session {SessionId} of user {UserId} has ended, since refresh token {Presented} was presented where {Live} is the live one, by {Presenter} from {Address}; the live one went to {HandedTo}", EventName = "RefreshTokenTheft")]
        public static partial void RefreshTokenTheft(ILogger logger, SessionId sessionId, UserId userId, int presented, int live, string handedTo, string presenter, IPAddress? address);

        [LoggerMessage(106, LogLevel.Warning, "Session {SessionId} of user {UserId}: {Leaves} refresh tokens have gone to two clients each, the last one to {HandedTo} and to {Presenter} from {Address}", EventName = "RefreshTokenShared")]
        public static partial void RefreshTokenShared(ILogger logger, SessionId sessionId, UserId userId, int leaves, string handedTo, string presenter, IPAddress? address);

        [LoggerMessage(108, LogLevel.Error, "Signing key {KeyId} is revoked: access tokens that it signed are refused everywhere", EventName = "SigningKeyRevoked")]
        public static partial void SigningKeyRevoked(ILogger logger, string keyId);

        [LoggerMessage(107, LogLevel.Error, "The store has lost acknowledged writes: refresh token {Presented} of session {SessionId} of user {UserId} is newer than what it holds; it was presented from {Address} and is taken over", EventName = "LostWriteFound")]
        public static partial void LostWriteFound(ILogger logger, SessionId sessionId, int presented, UserId userId, IPAddress? address);
    }
}
