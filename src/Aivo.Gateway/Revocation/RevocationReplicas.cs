using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// The replica of each shard's log. They are apart because what a log has lost is written back to that log. A revoked key is in all of them.
/// </summary>
internal sealed class RevocationReplicas
{
    private readonly RevocationReplica[] _replicas;

    public RevocationReplicas(int shards, Func<RevocationReplica> create) => _replicas = [.. Enumerable.Range(0, shards).Select(_ => create())];

    /// <summary>How many entries are held. Takes locks: for metrics, not for requests.</summary>
    public int Count => _replicas.Sum(replica => replica.Count);

    /// <param name="shard">One that this node follows.</param>
    public RevocationReplica this[ushort shard] => _replicas[shard];

    /// <summary>True also of a session whose shard this node does not follow: of that it knows nothing.</summary>
    public bool IsRevoked(SessionId session, TokenId token, string? keyId) =>
        session.Shard >= _replicas.Length || _replicas[session.Shard].IsRevoked(session, token, keyId);

    /// <summary>The same of a token that requests come with again.</summary>
    public bool IsRevoked(KnownToken token) => token.Session.Shard >= _replicas.Length || _replicas[token.Session.Shard].IsRevoked(token);

    /// <summary>Whether the session has ended, whichever of its tokens is asked about.</summary>
    public bool IsRevoked(SessionId session) => session.Shard >= _replicas.Length || _replicas[session.Shard].IsRevoked(session);

    public void Apply(ushort shard, IEnumerable<RevocationEntry> entries)
    {
        foreach (RevocationEntry entry in entries)
        {
            _replicas[shard].Apply(entry);
        }
    }

    /// <summary>Forgets the entries whose keep-until is past; returns how many.</summary>
    public int Prune(DateTimeOffset now) => _replicas.Sum(replica => replica.Prune(now));
}
