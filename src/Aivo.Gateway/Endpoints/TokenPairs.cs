using System.Collections.Frozen;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// Makes the answer that hands a session's live leaf out. Called after the commit only: nothing is signed before it (sessions.md).
/// The same leaf always gives the same refresh token and the same access claims; only what is left of its life differs.
/// </summary>
internal sealed class TokenPairs(AccessTokenIssuer issuer, RefreshTokenCodec codec, TokensOptions options, TimeProvider time)
{
    public AuthResponse For(SessionRecord session, User user)
    {
        Leaf leaf = session.Live;
        TokenId id = TokenIds.ForLeaf(leaf.Label, leaf.Issued);
        DateTimeOffset expires = AccessTokenExpiry.For(id, leaf.Issued, options);
        var access = new AccessToken(
            session.User, user.Tenant, session.Id, id, user.Role.ToWire(), options.ClientId,
            leaf.Issued, expires, session.CreatedAt, "", FrozenDictionary<string, string>.Empty);
        return new AuthResponse(
            issuer.Issue(access, user.Attributes),
            codec.Write(new RefreshToken(session.Id, leaf.Number, leaf.Label, leaf.Issued, session.AbsoluteEnd, leaf.KeyId)),
            UserResponse.From(user),
            SecondsLeft(leaf.Issued, expires));
    }

    /// <summary>
    /// RFC 6749, section 5.1: the life counted from the answer, not from the issue, since a pair may be handed out again (SR-10). By this
    /// node's clock, as nodes judge <c>exp</c>; where it runs behind the store's, never more than the token's whole life.
    /// </summary>
    private int SecondsLeft(DateTimeOffset issued, DateTimeOffset expires)
    {
        long left = (long)Math.Floor((expires - time.GetUtcNow()).TotalSeconds);
        return (int)Math.Clamp(left, 0, expires.ToUnixTimeSeconds() - issued.ToUnixTimeSeconds());
    }
}
