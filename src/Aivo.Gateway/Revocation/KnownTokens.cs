using System.Runtime.InteropServices;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// The access tokens that requests come with, found by what a revocation names them by. An entry that is applied marks its tokens, so a
/// request reads the mark of its own and looks nothing up, however much is revoked (docs/adr/0016).
/// </summary>
/// <remarks>
/// <para>
/// No token misses its revocation: it is looked up and added under one lock, and an entry is in the replica before <see cref="Revoke"/> takes
/// that lock. If the entry was first, the look-up sees it; if the token was first, the entry finds it.
/// </para>
/// <para>
/// Two generations, as in the cache of tokens: when the young one is full it becomes the old one, and the old one goes, without a walk
/// through it. What is not in the young one is looked up and added anew, so a token in use stays, and the mark of one that has gone counts
/// for nothing until it is back.
/// </para>
/// </remarks>
/// <param name="capacity">The size of a generation: at most twice as many tokens are held.</param>
internal sealed class KnownTokens(int capacity)
{
    private readonly Lock _lock = new();
    private volatile Generation _young = new();
    private Generation _old = new();

    /// <summary>How many tokens are held; one that moves from the old generation to the young one counts twice.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _young.Count + _old.Count;
            }
        }
    }

    /// <summary>Whether the token may no longer be used. Of one in use this reads three fields and takes no lock.</summary>
    /// <param name="replica">Of the token's shard.</param>
    public bool IsRevoked(KnownToken token, RevocationReplica replica) =>
        token.IsRevoked || (token.Generation != _young && LookUp(token, replica));

    /// <summary>Marks every token that the entry concerns. It must be in the replica already.</summary>
    public void Revoke(RevocationEntry entry)
    {
        lock (_lock)
        {
            _young.Revoke(entry);
            _old.Revoke(entry);
        }
    }

    private bool LookUp(KnownToken token, RevocationReplica replica)
    {
        lock (_lock)
        {
            if (token.IsRevoked || token.Generation == _young)
            {
                return token.IsRevoked;
            }

            if (replica.IsRevoked(token.Session, token.Id, token.KeyId))
            {
                token.Revoke();
                return true;
            }

            if (_young.Count == capacity)
            {
                (_old, _young) = (_young, new Generation());
            }

            _young.Add(token);

            // Only of a token that is not revoked: whoever reads the mark first and this afterwards must not find it checked and miss why not.
            token.Generation = _young;
            return false;
        }
    }

    /// <summary>Only under the lock.</summary>
    private sealed class Generation
    {
        private readonly Dictionary<UInt128, Held> _bySession = [];

        /// <summary>Of one id there may be several: a header has more than one spelling of a token.</summary>
        private readonly Dictionary<UInt128, Held> _byId = [];

        public int Count { get; private set; }

        public void Add(KnownToken token)
        {
            Add(_bySession, token.Session.Value, token);
            Add(_byId, token.Id.Value, token);
            Count++;
        }

        public void Revoke(RevocationEntry entry)
        {
            if (entry.Kind != RevocationKind.Key)
            {
                Dictionary<UInt128, Held> held = entry.Kind == RevocationKind.Session ? _bySession : _byId;
                Revoke(held.GetValueOrDefault(entry.Id), static _ => true);
                return;
            }

            // An emergency: worth a look at all of them, and no third index.
            var key = new RevokedKey(entry);
            foreach (Held first in _byId.Values)
            {
                Revoke(first, token => key.IsOf(token.KeyId));
            }
        }

        private static void Add(Dictionary<UInt128, Held> tokens, UInt128 id, KnownToken token)
        {
            ref Held? first = ref CollectionsMarshal.GetValueRefOrAddDefault(tokens, id, out _);
            first = new Held(token, first);
        }

        private static void Revoke(Held? first, Func<KnownToken, bool> concerns)
        {
            for (Held? held = first; held is not null; held = held.Next)
            {
                if (concerns(held.Token))
                {
                    held.Token.Revoke();
                }
            }
        }
    }

    private sealed class Held(KnownToken token, Held? next)
    {
        public KnownToken Token => token;

        public Held? Next => next;
    }
}
