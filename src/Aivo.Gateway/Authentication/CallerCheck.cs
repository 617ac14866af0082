using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Authentication;

/// <summary>
/// Whether a caller may still act, as a denial. Asked when a token is read, and once more as the last step before a request leaves or
/// an answer is given, after everything of ours that can wait (revocation.md, rule 3).
/// </summary>
internal sealed class CallerCheck(RevocationCheck revocation, RevocationState state)
{
    /// <summary>Null when the caller may act; else 401 for a revoked token, and 503 while this node cannot know.</summary>
    public Denial? Check(AuthenticatedCaller caller) => revocation.Judge(caller.Known) switch
    {
        RevocationVerdict.Valid => null,
        RevocationVerdict.Revoked => Denial.InvalidToken,
        _ => Denial.TemporarilyUnavailable,
    };

    /// <summary>For an answer that hands out tokens of a session that has been: 401 for one that has ended, 503 while this node cannot know.</summary>
    public Denial? CheckRefresh(SessionId session) => revocation.Judge(session) switch
    {
        RevocationVerdict.Valid => null,
        RevocationVerdict.Revoked => Denial.InvalidRefreshToken,
        _ => Denial.TemporarilyUnavailable,
    };

    /// <summary>For an answer that hands out tokens: 503 while this node cannot know what has been revoked.</summary>
    public Denial? CheckFresh() => state.IsFresh ? null : Denial.TemporarilyUnavailable;
}
