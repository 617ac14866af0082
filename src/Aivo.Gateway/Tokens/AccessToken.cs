using System.Collections.Frozen;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tokens;

/// <summary>What an access token says (RFC 9068, section 2.2).</summary>
/// <param name="Id">The <c>jti</c>: see <see cref="TokenIds"/>.</param>
/// <param name="Role">The user's role when the token was made.</param>
/// <param name="ClientId">The client, not a credential.</param>
/// <param name="IssuedAt">The leaf's time of issue; the token carries whole seconds, rounded down.</param>
/// <param name="ExpiresAt">Whole seconds, rounded down.</param>
/// <param name="AuthenticatedAt">The time of the login (<c>auth_time</c>).</param>
/// <param name="KeyId">The key that signed. The issuer does not read it.</param>
/// <param name="Claims">
/// Every further claim, for header mapping and route rules: a string as it is, anything else as its JSON text. The issuer does not
/// read it: it takes the attributes.
/// </param>
internal sealed record AccessToken(
    UserId User,
    TenantId Tenant,
    SessionId Session,
    TokenId Id,
    string Role,
    string ClientId,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset AuthenticatedAt,
    string KeyId,
    FrozenDictionary<string, string> Claims)
{
    /// <summary>Those of <see cref="Claims"/> whose value is a list or an object, so that its text is JSON; a string may look the same.</summary>
    public FrozenSet<string> StructuredClaims { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Those of <see cref="Claims"/> whose value is a number or a boolean.</summary>
    public FrozenSet<string> LiteralClaims { get; init; } = FrozenSet<string>.Empty;
}
