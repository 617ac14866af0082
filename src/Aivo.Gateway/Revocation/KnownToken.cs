using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>A validated access token that requests come with again: what a revocation names it by, and whether one has (<see cref="KnownTokens"/>).</summary>
internal sealed class KnownToken(SessionId session, TokenId id, string keyId, DateTimeOffset issuedAt)
{
    private volatile bool _isRevoked;
    private volatile object? _generation;

    public SessionId Session => session;

    public TokenId Id => id;

    /// <summary>The key that signed it.</summary>
    public string KeyId => keyId;

    /// <summary>Unix seconds.</summary>
    public long IssuedAt { get; } = issuedAt.ToUnixTimeSeconds();

    /// <summary>Once true it stays so: a revocation is kept for longer than a token can live.</summary>
    internal bool IsRevoked => _isRevoked;

    /// <summary>The generation of <see cref="KnownTokens"/> that would find it, once it was looked up there and not revoked.</summary>
    internal object? Generation
    {
        get => _generation;
        set => _generation = value;
    }

    internal void Revoke() => _isRevoked = true;
}
