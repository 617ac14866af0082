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
    SessionTransactions sessions, UserSessions users, RevocationReplica replica, SyncAcknowledgements acknowledgements, AuditLog audit)
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
    /// <returns>The highest number of the log that this took.</returns>
    public Task<long> EndAllAsync(UserId user, SessionId except, EndReason reason, IPAddress? address, CancellationToken cancellationToken) =>
        users.EndAsync(user, except.Shard, except, null, reason, (id, end) => Note(id, end, reason, user, address), cancellationToken);

    /// <summary>Ends the sessions beyond <see cref="SessionsOptions.MaxPerUser"/> after a log-in.</summary>
    /// <returns>The highest number of the log that this took; 0 for none.</returns>
    public async Task<long> EndSurplusAsync(BegunSession begun, IPAddress? address, CancellationToken cancellationToken)
    {
        long number = 0;
        if (!begun.Surplus.IsEmpty)
        {
            foreach (SessionId id in await users.SurplusAsync(begun, cancellationToken))
            {
                number = (await EndAsync(id, EndReason.TooManySessions, begun.Record.User, address, cancellationToken)).RevocationNumber;
            }
        }

        return number;
    }

    /// <summary>
    /// Waits until the log that all nodes follow is known to hold what was committed (revocation.md, rule 6). A login and every end answer
    /// only then.
    /// </summary>
    /// <param name="number">The last number that the request took; 0 for none.</param>
    /// <exception cref="StoreUnavailableException">That cannot be said: 503, and the client repeats.</exception>
    public Task AcknowledgeAsync(long number, CancellationToken cancellationToken) => acknowledgements.WaitAsync(number, cancellationToken);

    /// <summary>What was committed counts on this node at once.</summary>
    public void Apply(ImmutableArray<RevocationEntry> revocations)
    {
        foreach (RevocationEntry entry in revocations)
        {
            replica.Apply(entry);
        }
    }

    private void Note(SessionId id, SessionResult<EndOutcome> end, EndReason reason, UserId? user, IPAddress? address)
    {
        Apply(end.Revocations);
        audit.SessionEnded(reason.Word(), id, user ?? end.Record?.User, address);
    }
}
