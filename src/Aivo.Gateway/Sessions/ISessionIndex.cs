using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>One entry of a user's index: enough to tell which session is the oldest without reading it.</summary>
internal readonly record struct IndexedSession(SessionId Id, DateTimeOffset CreatedAt, DateTimeOffset AbsoluteEnd);

/// <summary>A session that is to be stored and indexed in one step.</summary>
/// <param name="Bytes">The record; its times are <see cref="CreatedAt"/> and what follows from it.</param>
/// <param name="CreatedAt">The caller's estimate of the store's clock.</param>
/// <param name="CollectAt">From when the record may be forgotten. No rule reads it.</param>
internal sealed record NewSession(
    SessionId Id, UserId User, TenantId Tenant, byte[] Bytes, DateTimeOffset CreatedAt, DateTimeOffset AbsoluteEnd, DateTimeOffset CollectAt);

internal enum CreateOutcome
{
    /// <summary>The user's epoch was raised after the position, or that cannot be excluded: nothing was written.</summary>
    EpochRaised,

    Created,

    /// <summary>The estimate of the store's clock is off by more than <see cref="ISessionIndex.ClockTolerance"/>: nothing was written.</summary>
    ClockOff,

    /// <summary>There is a record under the id already.</summary>
    Taken,
}

/// <param name="Now">The store's clock, in whole milliseconds.</param>
/// <param name="Surplus">The user's whole index where it holds more sessions than were allowed; else empty.</param>
internal sealed record CreateResult(CreateOutcome Outcome, DateTimeOffset Now, ImmutableArray<IndexedSession> Surplus);

/// <param name="Log">The raise takes a number of the log.</param>
/// <param name="Sessions">The index at that moment: every session of the user that can go on but for those begun later.</param>
internal sealed record RaisedEpoch(LogCommit Log, ImmutableArray<IndexedSession> Sessions)
{
    public long Number => Log.Number;
}

/// <param name="Next">The cursor of the next page; 0 after the last.</param>
internal sealed record TenantPage(ImmutableArray<UserId> Users, long Next);

/// <summary>
/// Each user's sessions and epoch. An entry comes with its session's record, in one step, and goes with the commit that ends the session
/// (<see cref="SessionWrite.Unindexed"/>). Every method throws <see cref="StoreUnavailableException"/> when there is no answer; what it
/// writes may have happened even then.
/// </summary>
internal interface ISessionIndex
{
    /// <summary>By how much a new session's time may differ from the store's clock.</summary>
    static readonly TimeSpan ClockTolerance = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Stores and indexes a session if the user's epoch has not been raised after <paramref name="verifiedAt"/>. No clock is compared for
    /// that: by seconds an old log-in would survive or a new one be refused, and by milliseconds skew decides.
    /// </summary>
    /// <param name="verifiedAt">Read before the password was verified.</param>
    /// <param name="mostSessions">Above this many sessions the result names them all.</param>
    ValueTask<CreateResult> CreateAsync(NewSession session, LogPosition verifiedAt, int mostSessions, CancellationToken cancellationToken);

    /// <summary>Raises the user's epoch: a log-in that is under way will not stand.</summary>
    ValueTask<RaisedEpoch> RaiseAsync(UserId user, ushort shard, CancellationToken cancellationToken);

    /// <summary>The user's index, in no order.</summary>
    ValueTask<ImmutableArray<IndexedSession>> ReadIndexAsync(UserId user, ushort shard, CancellationToken cancellationToken);

    /// <summary>Takes entries out of the index whose sessions can never go on.</summary>
    ValueTask DropAsync(UserId user, ushort shard, ImmutableArray<SessionId> ids, CancellationToken cancellationToken);

    /// <summary>
    /// The users who have logged in as members of the tenant, a page at a time: a list of whom to look at, since a user may have moved since
    /// and may come twice.
    /// </summary>
    /// <param name="cursor">0 to begin with, then what the last page gave.</param>
    ValueTask<TenantPage> ReadTenantAsync(TenantId tenant, ushort shard, long cursor, CancellationToken cancellationToken);
}
