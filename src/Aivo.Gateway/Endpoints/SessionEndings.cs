using System.Collections.Immutable;
using System.Net;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// Ends sessions on behalf of a request: what is committed is applied to this node at once and written to the audit log. The request
/// answers after <see cref="AcknowledgeAsync"/>.
/// </summary>
internal sealed class SessionEndings(
    SessionTransactions sessions, UserSessions users, RevocationReplicas replicas, SyncAcknowledgements acknowledgements, AuditLog audit)
{
    /// <param name="user">For the audit log; null where nobody knows whose session it is.</param>
    public async Task<SessionResult<EndOutcome>> EndAsync(
        SessionId id, EndReason reason, UserId? user, IPAddress? address, CancellationToken cancellationToken)
    {
        SessionResult<EndOutcome> end = await sessions.EndAsync(id, reason, cancellationToken);
        Note(id, end, reason, user, address);
        return end;
    }

    /// <summary>Ends every session of the user but <paramref name="except"/>, and every log-in that is under way.</summary>
    /// <returns>What the log made of it, to be waited for.</returns>
    public Task<IReadOnlyCollection<LogCommit>> EndAllAsync(UserId user, SessionId except, EndReason reason, IPAddress? address, CancellationToken cancellationToken) =>
        users.EndAsync(user, except.Shard, except, null, reason, (id, end) => Note(id, end, reason, user, address), cancellationToken);

    /// <summary>Ends every session of the user, or only those in a tenant, and every log-in that is under way.</summary>
    /// <returns>What the log made of it, to be waited for.</returns>
    public Task<IReadOnlyCollection<LogCommit>> EndAllAsync(UserId user, ushort shard, TenantId? tenant, EndReason reason, CancellationToken cancellationToken) =>
        users.EndAsync(user, shard, null, tenant, reason, (id, end) => Note(id, end, reason, user, null), cancellationToken);

    /// <summary>Ends the sessions beyond <see cref="SessionsOptions.MaxPerUser"/> after a log-in.</summary>
    /// <returns>What the log made of it, to be waited for.</returns>
    public async Task<IReadOnlyCollection<LogCommit>> EndSurplusAsync(BegunSession begun, IPAddress? address, CancellationToken cancellationToken)
    {
        List<LogCommit> commits = [];
        if (!begun.Surplus.IsEmpty)
        {
            foreach (SessionId id in await users.SurplusAsync(begun, cancellationToken))
            {
                commits.Add((await EndAsync(id, EndReason.TooManySessions, begun.Record.User, address, cancellationToken)).Log!);
            }
        }

        return commits;
    }

    /// <summary>
    /// Waits until what was committed holds on every node (revocation.md, rule 6). A login and every end answer only then.
    /// </summary>
    /// <exception cref="StoreUnavailableException">That cannot be said: 503, and the client repeats.</exception>
    public Task AcknowledgeAsync(IReadOnlyCollection<LogCommit> commits, CancellationToken cancellationToken) =>
        acknowledgements.WaitAsync(commits, cancellationToken);

    /// <summary>Waits until this node has followed the shard's log from now on.</summary>
    /// <exception cref="StoreUnavailableException">It could not in time.</exception>
    public Task CatchUpAsync(ushort shard, CancellationToken cancellationToken) => acknowledgements.WaitForSyncAsync(shard, cancellationToken);

    /// <summary>What was committed counts on this node at once.</summary>
    public void Apply(ushort shard, ImmutableArray<RevocationEntry> revocations) => replicas.Apply(shard, revocations);

    private void Note(SessionId id, SessionResult<EndOutcome> end, EndReason reason, UserId? user, IPAddress? address)
    {
        Apply(id.Shard, end.Revocations);
        audit.SessionEnded(reason.Word(), id, user ?? end.Record?.User, address);
    }
}
