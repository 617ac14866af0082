using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>Revokes signing keys, for emergencies: every access token that a key has signed is refused.</summary>
/// <param name="log">Null where this process makes every revocation itself.</param>
internal sealed class KeyRevocations(RevocationState state, RevocationReplicas replicas, TimeProvider timeProvider, IRevocationLog? log = null)
{
    /// <summary>Writes the revocation into the log of every shard, since a token is looked up in its session's, and applies it here.</summary>
    /// <returns>What the logs made of it, to be waited for.</returns>
    /// <exception cref="StoreUnavailableException">It may hold in some shards only: the call is to be repeated.</exception>
    public async Task<IReadOnlyCollection<LogCommit>> RevokeAsync(string keyId, CancellationToken cancellationToken)
    {
        RevocationEntry entry = RevocationReplica.ForKey(keyId, timeProvider.GetUtcNow() + state.ClockOffset + RevocationOptions.KeyRetention);
        List<LogCommit> commits = [];
        if (log is null)
        {
            replicas.Apply(0, [entry]);
            return commits;
        }

        LogPosition?[] positions = state.Positions();
        for (ushort shard = 0; shard < positions.Length; shard++)
        {
            string epoch = positions[shard]?.Epoch ?? throw new StoreUnavailableException("revocations", null);
            commits.Add(await log.AppendAsync(shard, epoch, [entry], restores: false, cancellationToken));
            replicas.Apply(shard, [entry]);
        }

        return commits;
    }
}
