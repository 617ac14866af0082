using System.Collections.Concurrent;

namespace Aivo.Gateway.Tokens;

/// <summary>A validated token, and what its finder wants to keep beside it.</summary>
internal sealed record CachedToken(AccessToken Token, object State);

/// <summary>
/// Validated access tokens by their exact <c>Authorization</c> header, so that none is verified twice: the one large saving on the
/// request path. Revocation is not its business: whoever finds a token here still asks for that, by id.
/// </summary>
/// <remarks>
/// Two generations. The young one takes every new entry; when it is full it becomes the old one, and the old one goes. An entry found
/// in the old one moves to the young one, so a token in use stays. Reading takes no lock; one entry moves or is added at a time.
/// </remarks>
/// <param name="capacity">The size of a generation: at least so many tokens are remembered, at most twice as many.</param>
internal sealed class AccessTokenCache(int capacity, TimeProvider time)
{
    private readonly Lock _writing = new();
    private volatile Generations _generations = new(Generations.Empty(), Generations.Empty());
    private int _young;

    /// <summary>How many entries it holds; those that have expired count until their generation goes.</summary>
    public int Count
    {
        get
        {
            Generations now = _generations;
            return now.Young.Count + now.Old.Count;
        }
    }

    /// <summary>The entry, or null. Never a token whose life has ended (with the validator's skew).</summary>
    public CachedToken? Find(string authorizationHeader)
    {
        Generations now = _generations;
        if (now.Young.TryGetValue(authorizationHeader, out CachedToken? found))
        {
            return IsAlive(found.Token) ? found : null;
        }

        if (!now.Old.TryGetValue(authorizationHeader, out found) || !IsAlive(found.Token))
        {
            return null;
        }

        Keep(now, authorizationHeader, found);
        return found;
    }

    /// <summary>The entry that stands from now on: the one that was there, else a new one.</summary>
    /// <param name="token">As the validator gave it for exactly this header, its expiry enforced.</param>
    public CachedToken GetOrAdd(string authorizationHeader, AccessToken token, object state)
    {
        var entry = new CachedToken(token, state);
        if (!IsAlive(token))
        {
            return entry;
        }

        lock (_writing)
        {
            Generations now = _generations;
            if ((now.Young.TryGetValue(authorizationHeader, out CachedToken? known) || now.Old.TryGetValue(authorizationHeader, out known)) && IsAlive(known.Token))
            {
                entry = known;
            }

            Put(authorizationHeader, entry);
        }

        return entry;
    }

    /// <summary>Forgets everything that was added before the call.</summary>
    public void Clear()
    {
        lock (_writing)
        {
            _generations = new Generations(Generations.Empty(), Generations.Empty());
            _young = 0;
        }
    }

    /// <summary>Not after a turn or a Clear since the entry was found: that would bring back what was just forgotten.</summary>
    private void Keep(Generations seen, string authorizationHeader, CachedToken entry)
    {
        lock (_writing)
        {
            if (ReferenceEquals(seen, _generations) && !seen.Young.ContainsKey(authorizationHeader))
            {
                Put(authorizationHeader, entry);
            }
        }
    }

    private void Put(string authorizationHeader, CachedToken entry)
    {
        ConcurrentDictionary<string, CachedToken> young = _generations.Young;
        if (young.ContainsKey(authorizationHeader))
        {
            young[authorizationHeader] = entry;
            return;
        }

        // Turned when one more comes than fits, not when it is full: tokens that just fit stay where they are, and do not move for ever.
        // Counted here, since the dictionary's own count takes all its locks.
        if (_young == capacity)
        {
            _generations = new Generations(Generations.Empty(), young);
            _young = 0;
        }

        _generations.Young[authorizationHeader] = entry;
        _young++;
    }

    private bool IsAlive(AccessToken token) => time.GetUtcNow() < token.ExpiresAt + AccessTokenValidator.Skew;

    private sealed record Generations(ConcurrentDictionary<string, CachedToken> Young, ConcurrentDictionary<string, CachedToken> Old)
    {
        public static ConcurrentDictionary<string, CachedToken> Empty() => new(StringComparer.Ordinal);
    }
}
