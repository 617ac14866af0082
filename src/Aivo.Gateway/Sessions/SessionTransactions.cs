using System.Collections.Immutable;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Sessions;

/// <summary>
/// Reads, decides by <see cref="SessionLifecycle"/>, and commits if the record is still as it was read; else decides again. The caller
/// bounds a call as a whole (<see cref="SessionsOptions.MaxHold"/>) by its cancellation token. No token is to be made before the call has
/// returned: nothing is signed that is not committed.
/// </summary>
/// <param name="retention">For how long a revocation is kept; a record is kept for as long beyond its absolute end.</param>
/// <param name="nodeTime">This node's own clock, by which tokens are judged; null where the store has no other.</param>
internal sealed partial class SessionTransactions(
    ISessionStore store, SessionsOptions options, TimeSpan retention, GatewayMetrics metrics, ILogger<SessionTransactions> logger,
    TimeProvider? nodeTime = null)
{
    /// <summary>A node's clock that is further ahead of the store's is not heard: its entries would be kept for as long as it is wrong.</summary>
    private static readonly TimeSpan MostAhead = TimeSpan.FromHours(1);

    /// <summary>
    /// How often one call tries to commit. Only a session's own tokens contend for it, and whoever lost to a rotation finds at the second
    /// look that there is nothing to write, so more than a few conflicts mean that the store does not answer truthfully.
    /// </summary>
    public const int MostAttempts = 8;

    /// <summary>Presents a refresh token whose seal holds.</summary>
    /// <param name="readStanding">Reads the user again, after each success and before its commit (SR-53).</param>
    /// <returns>A success, with the live leaf to hand out; or a refusal, which changed nothing unless it ended the session.</returns>
    /// <exception cref="StoreUnavailableException">Nothing can be said about the token; it is never a refusal.</exception>
    public Task<SessionResult<RefreshOutcome>> RefreshAsync(
        PresentedToken presented, string activeKeyId, Func<UserId, CancellationToken, ValueTask<UserStanding>> readStanding,
        CancellationToken cancellationToken) =>
        CommitAsync(
            presented.Session,
            async (record, now) =>
            {
                SessionDecision<RefreshOutcome> decision = SessionLifecycle.Refresh(record, presented, now, options, activeKeyId, retention);
                return record is not null && decision.Outcome.IsSuccess()
                    ? SessionLifecycle.Admit(decision, record, await readStanding(record.User, cancellationToken), now, retention)
                    : decision;
            },
            cancellationToken);

    /// <summary>
    /// Ends a session; one that has ended or is not stored is a success too, with its revocation written again under the number it has.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The end may not hold, or may hold: the caller repeats it.</exception>
    public Task<SessionResult<EndOutcome>> EndAsync(SessionId id, EndReason reason, CancellationToken cancellationToken) =>
        CommitAsync(id, (record, now) => ValueTask.FromResult(SessionLifecycle.End(id, record, reason, now, retention)), cancellationToken);

    /// <summary>Writes the end of a session back that the store has lost, as it was known here; also while the log's epoch is closed.</summary>
    public Task<SessionResult<EndOutcome>> RestoreEndAsync(SessionId id, CancellationToken cancellationToken) =>
        CommitAsync(
            id, (record, now) => ValueTask.FromResult(SessionLifecycle.End(id, record, EndReason.Revoked, now, retention)), cancellationToken, restores: true);

    private async Task<SessionResult<TOutcome>> CommitAsync<TOutcome>(
        SessionId id, Func<SessionRecord?, DateTimeOffset, ValueTask<SessionDecision<TOutcome>>> decide, CancellationToken cancellationToken,
        bool restores = false)
        where TOutcome : struct, Enum
    {
        StoredSession stored = await store.ReadAsync(id, cancellationToken);
        SessionDecision<TOutcome>? again = null;
        bool lostReply = false;
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            SessionRecord? present = Decode(id, stored.Bytes);
            SessionDecision<TOutcome> decision = again ?? Keep(await decide(present, stored.Now), stored.Now);
            if (!decision.Commits)
            {
                return Result(decision, null, stored.Now);
            }

            SessionWrite write = Write(decision.Record, decision.Revocations) with { Restores = restores, Joined = Joined(present, decision.Record) };
            CommitResult result;
            try
            {
                result = await store.CommitAsync(id, stored.Bytes, write, cancellationToken);
            }
            catch (StoreUnavailableException) when (!lostReply)
            {
                // The commit may have happened: what is stored now tells. Once only, or an outage would make every call eight.
                lostReply = true;
                stored = await store.ReadAsync(id, cancellationToken);
                again = IsOurs(stored.Bytes, write) ? decision : null;
                if (again is not null && write.Revocations.IsEmpty)
                {
                    return Result(decision, null, stored.Now);
                }

                continue;
            }

            if (result.Present is not { } other)
            {
                return Result(decision, result.Log, stored.Now);
            }

            metrics.CommitConflict();
            (stored, again) = (other, null);
        }

        Log.Contended(logger, id, MostAttempts);
        throw Unavailable(null);
    }

    /// <summary>
    /// Keeps revocations by the later of the two clocks. A store whose clock is behind would hold an end over, as soon as it is set right,
    /// while the session's tokens still hold.
    /// </summary>
    private SessionDecision<TOutcome> Keep<TOutcome>(SessionDecision<TOutcome> decision, DateTimeOffset storeTime)
        where TOutcome : struct, Enum
    {
        if (decision.Revocations.IsEmpty || nodeTime?.GetUtcNow() is not { } nodeNow || nodeNow <= storeTime)
        {
            return decision;
        }

        TimeSpan ahead = nodeNow - storeTime < MostAhead ? nodeNow - storeTime : MostAhead;
        return decision with { Revocations = [.. decision.Revocations.Select(entry => entry with { KeepUntil = entry.KeepUntil + ahead })] };
    }

    private static SessionResult<TOutcome> Result<TOutcome>(SessionDecision<TOutcome> decision, LogCommit? log, DateTimeOffset now)
        where TOutcome : struct, Enum =>
        new(decision.Outcome, decision.Record, decision.Revocations, log) { Now = now, RetryAfter = decision.RetryAfter };

    /// <summary>Whether the store holds what this write was to leave behind. Then it is written once more only for its revocations' number.</summary>
    private static bool IsOurs(byte[]? stored, SessionWrite write) =>
        stored is not null && write.Bytes is not null && stored.AsSpan().SequenceEqual(write.Bytes);

    private SessionWrite Write(SessionRecord? record, ImmutableArray<RevocationEntry> revocations) => record is null
        ? new SessionWrite(null, DateTimeOffset.UnixEpoch, revocations)
        : new SessionWrite(
            SessionRecordCodec.Encode(record), record.AbsoluteEnd + retention, revocations, record.End is null ? null : record.User);

    /// <summary>A user who has moved since the log-in: the end of the new tenant has to find the session (SR-53 is how it comes to be there).</summary>
    private static (TenantId Tenant, UserId User)? Joined(SessionRecord? present, SessionRecord? next) =>
        present is not null && next is not null && next.Tenant != present.Tenant ? (next.Tenant, next.User) : null;

    private SessionRecord? Decode(SessionId id, byte[]? bytes)
    {
        if (SessionRecordCodec.TryDecode(id, bytes, out SessionRecord? record, out SessionRecordUnreadableException? reason))
        {
            return record;
        }

        // Neither "no session" (its owner would be logged out, a log-out would be confirmed that ended nothing) nor a session.
        Log.Unreadable(logger, reason, id);
        throw Unavailable(reason);
    }

    private static StoreUnavailableException Unavailable(Exception? inner) => new("sessions", inner);

    private static partial class Log
    {
        [LoggerMessage(300, LogLevel.Error, "The record of session {SessionId} cannot be read", EventName = "SessionRecordUnreadable")]
        public static partial void Unreadable(ILogger logger, Exception exception, SessionId sessionId);

        [LoggerMessage(301, LogLevel.Error, "Session {SessionId} changed under each of {Attempts} attempts to commit", EventName = "SessionContended")]
        public static partial void Contended(ILogger logger, SessionId sessionId, int attempts);
    }
}
