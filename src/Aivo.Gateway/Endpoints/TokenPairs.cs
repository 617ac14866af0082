using System.Collections.Frozen;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// Makes the answer that hands a session's live leaf out. Called after the commit only: nothing is signed before it (sessions.md).
/// The same leaf always gives the same refresh token and the same access claims.
/// </summary>
internal sealed class TokenPairs(AccessTokenIssuer issuer, RefreshTokenCodec codec, TokensOptions options)
{
    public AuthResponse For(SessionRecord session, User user)
    {
        Leaf leaf = session.Live;
        var access = new AccessToken(
            session.User, user.Tenant, session.Id, TokenIds.ForLeaf(leaf.Label, leaf.Issued), user.Role.ToWire(), options.ClientId,
            leaf.Issued, leaf.Issued + options.AccessTokenLifetime, session.CreatedAt, "", FrozenDictionary<string, string>.Empty);
        return new AuthResponse(
            issuer.Issue(access, user.Attributes),
            codec.Write(new RefreshToken(session.Id, leaf.Number, leaf.Label, leaf.Issued, session.AbsoluteEnd, leaf.KeyId)),
            UserResponse.From(user),
            (int)options.AccessTokenLifetime.TotalSeconds);
    }
}
