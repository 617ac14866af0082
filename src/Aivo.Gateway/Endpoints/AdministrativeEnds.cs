using System.Collections.Immutable;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// Ends on behalf of an administrator: of a session, of a user's sessions, of a tenant's, and of everything that a signing key has signed. Each
/// returns when no node forwards any more what it ended (revocation.md, rule 6), and can be repeated after a failure.
/// </summary>
internal sealed class AdministrativeEnds(
    SessionEndings endings, ISessionIndex index, RevocationState state, SyncAcknowledgements acknowledgements, KeyRevocations keys,
    SigningKeyRing signingKeys, AuditLog audit)
{
    private int Shards => Math.Max(state.Positions().Length, 1);

    /// <exception cref="StoreUnavailableException">It may hold or not: the call is to be repeated.</exception>
    public async Task<EndOutcome> EndSessionAsync(SessionId session, CancellationToken cancellationToken)
    {
        SessionResult<EndOutcome> end = await endings.EndAsync(session, EndReason.Administrator, null, null, cancellationToken);
        await acknowledgements.WaitAsync([end.Log!], cancellationToken);
        return end.Outcome;
    }

    /// <summary>Ends every session of the user, and every log-in that is under way.</summary>
    /// <exception cref="StoreUnavailableException">Some may be left: the call is to be repeated.</exception>
    public async Task EndUserAsync(UserId user, CancellationToken cancellationToken) => await acknowledgements.WaitAsync(
        await endings.EndAllAsync(user, user.ShardOf(Shards), null, EndReason.Administrator, cancellationToken), cancellationToken);

    /// <summary>
    /// Ends the tenant's sessions, user by user; a user who has moved keeps those of another tenant. Log-ins of its users that are under way
    /// are verified again, so a tenant that must stay out has to be closed in the user directory first.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Some may be left: the call is to be repeated.</exception>
    public async Task EndTenantAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        for (ushort shard = 0; shard < Shards; shard++)
        {
            long cursor = 0;
            do
            {
                TenantPage page = await index.ReadTenantAsync(tenant, shard, cursor, cancellationToken);
                ImmutableArray<LogCommit>.Builder commits = ImmutableArray.CreateBuilder<LogCommit>();
                foreach (UserId user in page.Users.Distinct())
                {
                    commits.AddRange(await endings.EndAllAsync(user, shard, tenant, EndReason.TenantEnded, cancellationToken));
                }

                // Page by page: a wait is bounded, and a large tenant takes longer than that.
                await acknowledgements.WaitAsync(commits, cancellationToken);
                cursor = page.Next;
            }
            while (cursor != 0);
        }
    }

    /// <summary>
    /// Refuses every access token that the key has signed; sessions go on with a refresh, under another key. The key has to be taken out of the
    /// ring within <see cref="RevocationOptions.KeyRetention"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The key is the one that signs here: every new token would be refused.</exception>
    /// <exception cref="StoreUnavailableException">It may hold on some nodes only: the call is to be repeated.</exception>
    public async Task EndSigningKeyAsync(string keyId, CancellationToken cancellationToken)
    {
        if (signingKeys.Active.KeyId == keyId)
        {
            throw new InvalidOperationException($"Signing key {keyId} signs new tokens: make another one active first (Tokens:ActiveKey).");
        }

        audit.SigningKeyRevoked(keyId);
        await acknowledgements.WaitAsync(await keys.RevokeAsync(keyId, cancellationToken), cancellationToken);
    }
}
