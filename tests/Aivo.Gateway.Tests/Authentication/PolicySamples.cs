using System.Text.Json;
using System.Text.Json.Nodes;
using Aivo.Gateway.Authentication;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Authentication;

/// <summary>Access tokens whose further claims are what a test writes as JSON.</summary>
internal static class PolicySamples
{
    public const string Tenant = "0197a2d4-6c00-7000-8000-00000000aa00";
    public const string User = "0197a2d4-6c00-7000-8000-0000000000ab";

    /// <param name="claims">The members of a JSON object, without its braces.</param>
    public static AccessToken Token(string claims = "", string role = "learner", string tenant = Tenant)
    {
        JsonObject payload = new()
        {
            ["iss"] = "https://gateway.example",
            ["aud"] = "aivo",
            ["sub"] = User,
            ["tenant_id"] = tenant,
            ["sid"] = SessionId.Create(0).ToString(),
            ["jti"] = TokenIds.ForLeaf("leaf", default).ToString(),
            ["role"] = role,
            ["client_id"] = "aivo-sdk",
            ["iat"] = 1,
            ["exp"] = 2,
            ["auth_time"] = 1,
        };
        string standard = payload.ToJsonString();
        using JsonDocument document = JsonDocument.Parse(claims.Length == 0 ? standard : $"{standard[..^1]},{claims}}}");
        AccessTokenClaims? read = AccessTokenClaims.Read(document.RootElement, out string? reason);
        Assert.True(read is not null, reason);
        return read.ToToken("key-1");
    }

    public static CallerClaims Claims(string claims = "", string role = "learner", string tenant = Tenant) => CallerClaims.Of(Token(claims, role, tenant));
}
