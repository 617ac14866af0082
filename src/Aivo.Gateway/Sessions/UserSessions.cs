using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>
/// The sessions of one user as a whole: list them, end them. Every session that can go on is in the index, so ending what is indexed after
/// a raise of the epoch ends everything that began before it.
/// </summary>
internal sealed partial class UserSessions(
    ISessionStore store, ISessionIndex index, SessionTransactions transactions, SessionsOptions options, ILogger<UserSessions> logger)
{
    /// <summary>How many sessions of a user are ended at the same time.</summary>
    private const int MostAtOnce = 8;

    /// <summary>The record under an id, and how much life it has left; no record when nothing is stored.</summary>
    /// <exception cref="StoreUnavailableException">Neither "no session" nor a session: a record that cannot be read may be live.</exception>
    public async Task<(SessionRecord? Record, SessionLiveness Liveness)> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        StoredSession stored = await store.ReadAsync(id, cancellationToken);
        return TryDecode(id, stored.Bytes, out SessionRecord? record, out Exception? reason)
            ? (record, record.Liveness(stored.Now, options))
            : throw new StoreUnavailableException("sessions", reason);
    }

    /// <summary>The user's live sessions, the newest first.</summary>
    public async Task<ImmutableArray<SessionRecord>> ListAsync(UserId user, ushort shard, CancellationToken cancellationToken)
    {
        ImmutableArray<SessionId> ids = [.. (await index.ReadIndexAsync(user, shard, cancellationToken)).Select(entry => entry.Id)];
        ImmutableArray<(SessionId Id, SessionRecord? Record, SessionLiveness? Liveness)> read = await ReadAsync(ids, cancellationToken);
        if (read.Any(session => session.Liveness is null))
        {
            throw new StoreUnavailableException("sessions", null);
        }

        return [.. read.Where(session => session.Liveness == SessionLiveness.Live).Select(session => session.Record!).OrderByDescending(record => record.CreatedAt)];
    }

    /// <summary>
    /// Which sessions have to end, so that no more than <see cref="SessionsOptions.MaxPerUser"/> are left; dead ones are taken out of the
    /// index on the way, and idle ones go before those in use. One that cannot be read, perhaps because a later release wrote it, is left
    /// alone: it must not keep its user from logging in.
    /// </summary>
    /// <param name="begun">The session that has just begun; it stays.</param>
    public async Task<ImmutableArray<SessionId>> SurplusAsync(BegunSession begun, CancellationToken cancellationToken)
    {
        ImmutableArray<SessionId> others =
            [.. begun.Surplus.Where(entry => entry.Id != begun.Record.Id).OrderBy(entry => entry.CreatedAt).Select(entry => entry.Id)];
        ImmutableArray<(SessionId Id, SessionRecord? Record, SessionLiveness? Liveness)> read = await ReadAsync(others, cancellationToken);
        ImmutableArray<SessionId> dead = [.. read.Where(session => session.Liveness == SessionLiveness.Dead).Select(session => session.Id)];
        await index.DropAsync(begun.Record.User, begun.Record.Id.Shard, dead, cancellationToken);
        int surplus = 1 + others.Length - dead.Length - options.MaxPerUser;
        return
        [
            .. read.Where(session => session.Liveness is SessionLiveness.Idle or SessionLiveness.Live)
                .OrderBy(session => session.Liveness) // idle before live; the order of age is kept
                .Take(Math.Max(0, surplus))
                .Select(session => session.Id),
        ];
    }

    /// <summary>
    /// Raises the user's epoch, so that no log-in under way stands, then ends every session but <paramref name="except"/>. Where ending one
    /// fails the others are ended all the same, and the failure is thrown at the end: the call can be repeated.
    /// </summary>
    /// <param name="tenant">Only sessions of this tenant end; null for all. A user who has moved keeps those of the new one.</param>
    /// <param name="ended">Told of each end once it is committed; calls may overlap.</param>
    /// <returns>What the log made of each step; all are to be waited for.</returns>
    public async Task<IReadOnlyCollection<LogCommit>> EndAsync(
        UserId user, ushort shard, SessionId? except, TenantId? tenant, EndReason reason, Action<SessionId, SessionResult<EndOutcome>> ended,
        CancellationToken cancellationToken)
    {
        RaisedEpoch raised = await index.RaiseAsync(user, shard, cancellationToken);
        ImmutableArray<SessionId> ids = [.. raised.Sessions.Select(entry => entry.Id).Where(id => id != except)];
        if (tenant is not null)
        {
            // One that is not there or cannot be read may be the tenant's: ending it says so.
            ids = [.. (await ReadAsync(ids, cancellationToken)).Where(read => read.Record is null || read.Record.Tenant == tenant).Select(read => read.Id)];
        }

        var commits = new ConcurrentBag<LogCommit> { raised.Log };
        var unknown = new ConcurrentBag<SessionId>();
        var failures = new ConcurrentBag<StoreUnavailableException>();
        var bound = new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(ids, bound, async (id, token) =>
        {
            try
            {
                SessionResult<EndOutcome> end = await transactions.EndAsync(id, reason, token);
                commits.Add(end.Log!);
                if (end.Outcome == EndOutcome.UnknownSession)
                {
                    unknown.Add(id);
                }

                ended(id, end);
            }
            catch (StoreUnavailableException failure)
            {
                failures.Add(failure);
            }
        });
        if (failures.TryPeek(out StoreUnavailableException? first))
        {
            throw new StoreUnavailableException(first.Store, first);
        }

        await index.DropAsync(user, shard, [.. unknown], cancellationToken);
        return commits;
    }

    /// <returns>No liveness for a record that cannot be read.</returns>
    private async Task<ImmutableArray<(SessionId Id, SessionRecord? Record, SessionLiveness? Liveness)>> ReadAsync(
        ImmutableArray<SessionId> ids, CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredSession> stored = await store.ReadManyAsync(ids, cancellationToken);
        var read = ImmutableArray.CreateBuilder<(SessionId Id, SessionRecord? Record, SessionLiveness? Liveness)>(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            bool readable = TryDecode(ids[i], stored[i].Bytes, out SessionRecord? record, out _);
            read.Add((ids[i], record, readable ? record.Liveness(stored[i].Now, options) : null));
        }

        return read.MoveToImmutable();
    }

    private bool TryDecode(SessionId id, byte[]? bytes, out SessionRecord? record, [NotNullWhen(false)] out Exception? reason)
    {
        bool readable = SessionRecordCodec.TryDecode(id, bytes, out record, out SessionRecordUnreadableException? unreadable);
        if (unreadable is not null)
        {
            Log.Unreadable(logger, unreadable, id);
        }

        reason = unreadable;
        return readable;
    }

    private static partial class Log
    {
        [LoggerMessage(320, LogLevel.Error, "The record of session {SessionId}, one of its user's, cannot be read", EventName = "UserSessionUnreadable")]
        public static partial void Unreadable(ILogger logger, Exception exception, SessionId sessionId);
    }
}
