using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Revocation;

/// <summary>What this node knows about a token.</summary>
internal enum RevocationVerdict
{
    /// <summary>It cannot know: 503, never 401 and never "allowed".</summary>
    Unknown,

    /// <summary>Not revoked, as of at most one lease ago.</summary>
    Valid,

    /// <summary>Revoked: 401. True even without a lease, since entries are never taken back.</summary>
    Revoked,
}

/// <summary>The last check before a request passes. Of a token that is known it reads a few fields, however much is revoked.</summary>
/// <param name="redis">Null where sessions are in this process.</param>
internal sealed class RevocationCheck(RevocationState state, RevocationReplicas replicas, GatewayMetrics metrics, RedisServerInspection? redis = null)
{
    /// <summary>A log that may have lost an entry looks like one that never had it: a lease on it says nothing.</summary>
    private bool MayLackEntries => redis is { KeepsEntries: false };

    /// <param name="token">
    /// One issued before a data set was lost is refused: it may be revoked, and nobody can tell. That costs a refresh, not the session.
    /// </param>
    public RevocationVerdict Judge(KnownToken token)
    {
        // Freshness first: the driver applies entries before it extends the lease, so a replica read after the lease holds all that the
        // lease stands for. The other way round, an entry could arrive between the two reads and be missed.
        bool fresh = state.IsFresh;
        if (replicas.IsRevoked(token))
        {
            return RevocationVerdict.Revoked;
        }

        if (MayLackEntries)
        {
            return RevocationVerdict.Unknown;
        }

        if (!fresh)
        {
            if (!state.ServesStale)
            {
                return RevocationVerdict.Unknown;
            }

            metrics.ServedStale();
        }

        return token.IssuedAt < state.SinceOf(token.Session.Shard) ? RevocationVerdict.Revoked : RevocationVerdict.Valid;
    }

    /// <summary>The same for a session as such, before a pair of tokens of it is handed out: never without a lease.</summary>
    public RevocationVerdict Judge(SessionId session)
    {
        bool fresh = state.IsFresh;
        return replicas.IsRevoked(session) ? RevocationVerdict.Revoked
            : fresh && !MayLackEntries ? RevocationVerdict.Valid
            : RevocationVerdict.Unknown;
    }
}
