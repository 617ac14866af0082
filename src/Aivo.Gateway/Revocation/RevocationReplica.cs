using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// Everything revoked that this node knows of. Entries are merged by union and leave only by <see cref="Prune"/>, so applying one again,
/// late or out of order is always safe. Reads take no lock and allocate nothing while no key is revoked.
/// </summary>
/// <remarks>
/// Sessions and tokens are looked up apart: both are looked up for every new token anyway, so one common set would save nothing and would
/// let an id of one kind stand for the other.
/// </remarks>
/// <param name="applied">Told of every entry, after the tokens it concerns were marked.</param>
/// <param name="known">Common to the replicas of all shards, since one cache holds the tokens of all; null for some of its own.</param>
internal sealed class RevocationReplica(Action<RevocationEntry>? applied = null, KnownTokens? known = null)
{
    private readonly KnownTokens _known = known ?? new KnownTokens(capacity: 1_024);
    private readonly RevokedIds _sessions = new();
    private readonly RevokedIds _tokens = new();
    private readonly Lock _keysLock = new();

    /// <summary>Swapped whole: a key is revoked in an emergency only, and an empty set must cost the request path no hash.</summary>
    private volatile FrozenDictionary<UInt128, DateTimeOffset> _keys = FrozenDictionary<UInt128, DateTimeOffset>.Empty;

    /// <summary>How many entries are held.</summary>
    public int Count => _sessions.Count + _tokens.Count + _keys.Count;

    public static RevocationEntry ForKey(string keyId, DateTimeOffset keepUntil) => new(RevocationKind.Key, HashOf(keyId), keepUntil);

    /// <summary>
    /// Whether the token may no longer be used, by its session, by itself or by the key that signed it. Always by id: signatures and
    /// base64url have several spellings of one token.
    /// </summary>
    public bool IsRevoked(SessionId session, TokenId token, string? keyId)
    {
        if (_sessions.Contains(session.Value) || _tokens.Contains(token.Value))
        {
            return true;
        }

        FrozenDictionary<UInt128, DateTimeOffset> keys = _keys;
        return keys.Count > 0 && keyId is not null && keys.ContainsKey(HashOf(keyId));
    }

    /// <summary>The same of a token that requests come with again: it costs the same whatever is held here.</summary>
    public bool IsRevoked(KnownToken token) => _known.IsRevoked(token, this);

    /// <summary>Whether the session has ended, whichever of its tokens is asked about.</summary>
    public bool IsRevoked(SessionId session) => _sessions.Contains(session.Value);

    /// <summary>Merges an entry; of two keep-untils the later one stands. Whoever is to be told of it has been told when this returns.</summary>
    public void Apply(RevocationEntry entry)
    {
        switch (entry.Kind)
        {
            case RevocationKind.Session:
                _sessions.Add(entry.Id, entry.KeepUntil);
                break;
            case RevocationKind.Token:
                _tokens.Add(entry.Id, entry.KeepUntil);
                break;
            case RevocationKind.Key:
                ApplyKey(entry);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(entry), entry.Kind, "Not a kind of revocation.");
        }

        // Whoever applies an entry looks next for tokens and requests under way, and those register before they look here: without a full
        // fence on both sides each could miss the other. Tokens first, since a request that has registered reads its token's mark.
        Interlocked.MemoryBarrier();
        _known.Revoke(entry);
        applied?.Invoke(entry);
    }

    /// <summary>Everything that was applied before the call and not pruned, in no order; what comes meanwhile may be in it.</summary>
    public IEnumerable<RevocationEntry> Entries() =>
        _sessions.Held().Select(held => new RevocationEntry(RevocationKind.Session, held.Id, held.KeepUntil))
            .Concat(_tokens.Held().Select(held => new RevocationEntry(RevocationKind.Token, held.Id, held.KeepUntil)))
            .Concat(_keys.Select(held => new RevocationEntry(RevocationKind.Key, held.Key, held.Value)));

    /// <summary>Forgets the entries whose keep-until is past; returns how many.</summary>
    public int Prune(DateTimeOffset now)
    {
        int pruned = _sessions.Remove(before: now) + _tokens.Remove(before: now);
        lock (_keysLock)
        {
            int before = _keys.Count;
            if (_keys.Values.Any(keepUntil => keepUntil < now))
            {
                _keys = _keys.Where(held => held.Value >= now).ToFrozenDictionary();
            }

            return pruned + before - _keys.Count;
        }
    }

    private void ApplyKey(RevocationEntry entry)
    {
        lock (_keysLock)
        {
            if (_keys.TryGetValue(entry.Id, out DateTimeOffset held) && held >= entry.KeepUntil)
            {
                return;
            }

            _keys = new Dictionary<UInt128, DateTimeOffset>(_keys) { [entry.Id] = entry.KeepUntil }.ToFrozenDictionary();
        }
    }

    private static UInt128 HashOf(string keyId) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(keyId)));
}
