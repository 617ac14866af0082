using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>What a refresh token says, once its seal holds, and who presents it.</summary>
/// <param name="IssuedAt">The token's <c>iat</c>.</param>
internal sealed record PresentedToken(
    SessionId Session, int Number, string Label, DateTimeOffset IssuedAt, ClientFingerprint Presenter = default);

/// <summary>What the directory says about a user at this moment. A user who is gone is not active.</summary>
internal readonly record struct UserStanding(bool Active, TenantId Tenant);

/// <summary>What came of a presented refresh token. See <see cref="RefreshTable"/> for when.</summary>
internal enum RefreshOutcome
{
    /// <summary>The live leaf was presented; its child is live now.</summary>
    Rotated,

    /// <summary>A leaf that the store had lost was presented; its child is live now.</summary>
    Adopted,

    /// <summary>The parent of a leaf that nobody used was presented late; a sibling is live now.</summary>
    Superseded,

    /// <summary>The parent was presented again soon: the live pair once more.</summary>
    HandedOutAgain,

    /// <summary>As <see cref="HandedOutAgain"/>, and for the first time to another client than before.</summary>
    Shared,

    /// <summary>Nothing can be said yet; nothing changes. The token stays as good as it was.</summary>
    Later,

    /// <summary>More rotations in a short time than a record can keep; nothing changes.</summary>
    TooManyRotations,

    /// <summary>No honest client presents this; the session has ended with it.</summary>
    Theft,

    /// <summary>Too many leaves were held by two clients, and <c>Sessions:EndShared</c> is on; the session has ended.</summary>
    EndedShared,
    UnknownSession,

    /// <summary>The session had ended before; its end has been written again, with its revocation.</summary>
    Ended,
    ExpiredIdle,
    ExpiredAbsolute,

    /// <summary>The user may not refresh any more; this ended the session (SR-53).</summary>
    UserInactive,
}

/// <summary>What came of ending a session. Each is a success: what was asked for holds.</summary>
internal enum EndOutcome
{
    Ended,
    AlreadyEnded,
    UnknownSession,
}

/// <summary>The words for logs and metrics; they are stable.</summary>
internal static class OutcomeWords
{
    public static string Word(this RefreshOutcome outcome) => outcome switch
    {
        RefreshOutcome.Rotated => "rotated",
        RefreshOutcome.Adopted => "adopted",
        RefreshOutcome.Superseded => "superseded",
        RefreshOutcome.HandedOutAgain => "handed_out_again",
        RefreshOutcome.Shared => "shared",
        RefreshOutcome.Later => "later",
        RefreshOutcome.TooManyRotations => "too_many_rotations",
        RefreshOutcome.Theft => "theft",
        RefreshOutcome.EndedShared => "ended_shared",
        RefreshOutcome.UnknownSession => "unknown_session",
        RefreshOutcome.Ended => "ended",
        RefreshOutcome.ExpiredIdle => "expired_idle",
        RefreshOutcome.ExpiredAbsolute => "expired_absolute",
        RefreshOutcome.UserInactive => "user_inactive",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    /// <summary>Whether the live pair is handed out.</summary>
    public static bool IsSuccess(this RefreshOutcome outcome) => outcome
        is RefreshOutcome.Rotated or RefreshOutcome.Adopted or RefreshOutcome.Superseded or RefreshOutcome.HandedOutAgain or RefreshOutcome.Shared;

    /// <summary>The stored form too: nodes of two releases must agree on it.</summary>
    public static string Word(this EndReason reason) => reason switch
    {
        EndReason.Logout => "logout",
        EndReason.LogoutOthers => "logout_others",
        EndReason.LogoutAll => "logout_all",
        EndReason.Removed => "removed",
        EndReason.TooManySessions => "too_many_sessions",
        EndReason.UserInactive => "user_inactive",
        EndReason.UserDisabled => "user_disabled",
        EndReason.Administrator => "administrator",
        EndReason.TenantEnded => "tenant_ended",
        EndReason.Theft => "theft",
        EndReason.SharedToken => "shared_token",
        EndReason.Revoked => "revoked",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    public static string Word(this EndOutcome outcome) => outcome switch
    {
        EndOutcome.Ended => "ended",
        EndOutcome.AlreadyEnded => "already_ended",
        EndOutcome.UnknownSession => "unknown_session",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };
}

/// <summary>What the rules say about one record at one moment; nothing has happened yet.</summary>
/// <param name="Record">The record once the decision is carried out; null when there is none.</param>
/// <param name="Commits">Whether anything is to be written; a decision that does not commit leaves <paramref name="Record"/> as read.</param>
/// <param name="Revocations">Written in the same step as the record.</param>
internal sealed record SessionDecision<TOutcome>(
    TOutcome Outcome,
    SessionRecord? Record,
    bool Commits,
    ImmutableArray<RevocationEntry> Revocations)
    where TOutcome : struct, Enum
{
    /// <summary>After how long the caller may come again; zero when that makes no difference.</summary>
    public TimeSpan RetryAfter { get; init; }
}

/// <summary>A decision that has been carried out.</summary>
/// <param name="Record">The record as it stands now; null for an unknown session.</param>
/// <param name="Revocations">Committed; the caller applies them to its own replica before it answers.</param>
/// <param name="Log">What the log made of the commit; null where nothing was written.</param>
internal sealed record SessionResult<TOutcome>(
    TOutcome Outcome,
    SessionRecord? Record,
    ImmutableArray<RevocationEntry> Revocations,
    LogCommit? Log)
    where TOutcome : struct, Enum
{
    /// <summary>The highest number of the revocations; 0 when there is none.</summary>
    public long RevocationNumber => Log?.Number ?? 0;

    /// <summary>The store's clock at the decision.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>After how long the caller may come again; zero when that makes no difference.</summary>
    public TimeSpan RetryAfter { get; init; }
}
