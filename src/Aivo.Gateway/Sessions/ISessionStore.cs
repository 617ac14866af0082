using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>What the store holds under an id, and the store's clock at that moment, in whole milliseconds.</summary>
/// <param name="Bytes">Null when nothing is stored.</param>
internal sealed record StoredSession(byte[]? Bytes, DateTimeOffset Now);

/// <summary>What one commit writes, in one step.</summary>
/// <param name="Bytes">Null to write no record; then only the revocations are appended.</param>
/// <param name="CollectAt">From when the record may be forgotten. No rule reads it.</param>
/// <param name="Revocations">Appended to the shard's revocations, each under the next number.</param>
/// <param name="Unindexed">The user from whose index the session is taken; null to leave it there.</param>
internal sealed record SessionWrite(
    byte[]? Bytes, DateTimeOffset CollectAt, ImmutableArray<RevocationEntry> Revocations, UserId? Unindexed = null)
{
    /// <summary>Whether an end is written back that the log has lost: the only write that a closed epoch takes.</summary>
    public bool Restores { get; init; }

    /// <summary>The tenant among whose users the session's user is from now on, and that user; null where nothing changes.</summary>
    public (TenantId Tenant, UserId User)? Joined { get; init; }
}

/// <param name="Log">What the log made of it; null when not committed.</param>
/// <param name="Present">Null when committed; else what is stored instead of the expected bytes.</param>
internal readonly record struct CommitResult(LogCommit? Log, StoredSession? Present)
{
    /// <summary>The highest number of the revocations that were written; 0 when there is none.</summary>
    public long RevocationNumber => Log?.Number ?? 0;

    public bool Committed => Present is null;
}

/// <summary>
/// Where sessions are kept. It knows no rule: it reads, and replaces what is still as it was read. Every method throws
/// <see cref="StoreUnavailableException"/> when there is no answer; a commit may have happened even then.
/// </summary>
internal interface ISessionStore
{
    ValueTask<StoredSession> ReadAsync(SessionId id, CancellationToken cancellationToken);

    /// <summary>As <see cref="ReadAsync"/> for each id, in the order of <paramref name="ids"/>, with one call per shard.</summary>
    ValueTask<IReadOnlyList<StoredSession>> ReadManyAsync(IReadOnlyList<SessionId> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Writes if the stored bytes equal <paramref name="expected"/> (null: if nothing is stored). Bytes are compared and not a version
    /// number, which would come round again when a store lost its last writes.
    /// </summary>
    ValueTask<CommitResult> CommitAsync(SessionId id, byte[]? expected, SessionWrite write, CancellationToken cancellationToken);
}
