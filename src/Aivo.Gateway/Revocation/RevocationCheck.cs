using Aivo.Gateway.Primitives;

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

/// <summary>The last check before a request passes; costs two look-ups in memory.</summary>
internal sealed class RevocationCheck(RevocationState state, RevocationReplica replica)
{
    public RevocationVerdict Judge(SessionId session, TokenId token, string? keyId)
    {
        // Freshness first: the driver applies entries before it extends the lease, so a replica read after the lease holds all that the
        // lease stands for. The other way round, an entry could arrive between the two reads and be missed.
        bool fresh = state.IsFresh;
        return Verdict(replica.IsRevoked(session, token, keyId), fresh);
    }

    /// <summary>The same for a session as such, before a pair of tokens of it is handed out.</summary>
    public RevocationVerdict Judge(SessionId session)
    {
        bool fresh = state.IsFresh;
        return Verdict(replica.IsRevoked(session), fresh);
    }

    private static RevocationVerdict Verdict(bool revoked, bool fresh) =>
        revoked ? RevocationVerdict.Revoked : fresh ? RevocationVerdict.Valid : RevocationVerdict.Unknown;
}
