using System.Text.Json.Nodes;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

internal static partial class BearerVariants
{
    private static readonly string[] Required = ["iss", "sub", "aud", "exp", "iat", "jti", "sid", "client_id", "tenant_id", "role", "auth_time"];

    private static IEnumerable<BearerVariant> Claims() =>
    [
        .. Required.Select(name => Claim($"{name} missing", TokenRefusals.Claims, (claims, _) => claims.Remove(name))),
        .. Required.Select(name => Claim($"{name} null", TokenRefusals.Claims, (claims, _) => claims[name] = null)),
        .. Required.Select(name => Claim($"{name} an object", TokenRefusals.Claims, (claims, _) => claims[name] = new JsonObject())),
        Claim("iss of another", TokenRefusals.Issuer, (claims, _) => claims["iss"] = "https://other.example"),
        Claim("iss with a slash", TokenRefusals.Issuer, (claims, kit) => claims["iss"] = $"{kit.Options.Issuer}/"),
        Claim("iss in another case", TokenRefusals.Issuer, (claims, kit) => claims["iss"] = kit.Options.Issuer.ToUpperInvariant()),
        Claim("iss a list", TokenRefusals.Claims, (claims, kit) => claims["iss"] = new JsonArray(kit.Options.Issuer)),
        Claim("iss empty", TokenRefusals.Claims, (claims, _) => claims["iss"] = ""),
        Claim("aud of another", TokenRefusals.Audience, (claims, _) => claims["aud"] = "https://other.example"),
        Claim("aud of the refresh endpoint", TokenRefusals.Audience, (claims, kit) => claims["aud"] = $"{kit.Options.Issuer}/auth/v1/refresh"),
        Claim("aud with a slash", TokenRefusals.Audience, (claims, kit) => claims["aud"] = $"{kit.Options.Audience}/"),
        Claim("aud in another case", TokenRefusals.Audience, (claims, kit) => claims["aud"] = kit.Options.Audience.ToUpperInvariant()),
        Claim("aud a list of others", TokenRefusals.Audience, (claims, _) => claims["aud"] = new JsonArray("a", "b")),
        Claim("aud an empty list", TokenRefusals.Audience, (claims, _) => claims["aud"] = new JsonArray()),
        Claim("aud a list with a number", TokenRefusals.Claims, (claims, kit) => claims["aud"] = new JsonArray(kit.Options.Audience, 1)),
        Claim("aud several in one text", TokenRefusals.Audience, (claims, kit) => claims["aud"] = $"{kit.Options.Audience} other"),
        Claim("expired", TokenRefusals.Expired, (claims, kit) => (claims["iat"], claims["exp"]) = (kit.Now - 400, kit.Now - 100)),
        Claim("exp in 1970", TokenRefusals.Expired, (claims, _) => (claims["iat"], claims["exp"]) = (1, 2)),
        Claim("exp a text", TokenRefusals.Claims, (claims, kit) => claims["exp"] = $"{kit.Now + 100}"),
        Claim("exp a fraction", TokenRefusals.Claims, (claims, kit) => claims["exp"] = kit.Now + 100.5),
        Claim("exp negative", TokenRefusals.Claims, (claims, _) => claims["exp"] = -1),
        Claim("exp with an exponent", TokenRefusals.Claims, (claims, _) => claims["exp"] = JsonNode.Parse("9e9")),
        Claim("exp beyond 64 bits", TokenRefusals.Claims, (claims, _) => claims["exp"] = JsonNode.Parse("99999999999999999999")),
        Claim("exp beyond the calendar", TokenRefusals.Claims, (claims, _) => claims["exp"] = long.MaxValue),
        Claim("exp true", TokenRefusals.Claims, (claims, _) => claims["exp"] = true),
        Claim("exp in milliseconds", TokenRefusals.Claims, (claims, kit) => claims["exp"] = (kit.Now + 100) * 1000),
        Claim("life of a day", TokenRefusals.Lifetime, (claims, kit) => claims["exp"] = kit.Now + 86_400),
        Claim("life of 15 minutes and a second", TokenRefusals.Lifetime, (claims, kit) => (claims["iat"], claims["exp"]) = (kit.Now, kit.Now + 901)),
        Claim("life of nothing", TokenRefusals.Lifetime, (claims, kit) => (claims["iat"], claims["exp"]) = (kit.Now + 10, kit.Now + 10)),
        Claim("life that ends before it begins", TokenRefusals.Lifetime, (claims, kit) => (claims["iat"], claims["exp"]) = (kit.Now + 20, kit.Now + 10)),
        Claim("iat in the future", TokenRefusals.NotYetValid, (claims, kit) => (claims["iat"], claims["exp"]) = (kit.Now + 90, kit.Now + 390)),
        Claim("iat a text", TokenRefusals.Claims, (claims, kit) => claims["iat"] = $"{kit.Now}"),
        Claim("nbf in the future", TokenRefusals.NotYetValid, (claims, kit) => claims["nbf"] = kit.Now + 90),
        Claim("nbf a text", TokenRefusals.Claims, (claims, kit) => claims["nbf"] = $"{kit.Now}"),
        Claim("nbf null", TokenRefusals.Claims, (claims, _) => claims["nbf"] = null),
        Claim("auth_time a text", TokenRefusals.Claims, (claims, kit) => claims["auth_time"] = $"{kit.Now}"),
        Claim("sub no UUID", TokenRefusals.Claims, (claims, _) => claims["sub"] = "learner@example.com"),
        Claim("sub a UUID in braces", TokenRefusals.Claims, (claims, _) => claims["sub"] = $"{{{claims["sub"]}}}"),
        Claim("sub a number", TokenRefusals.Claims, (claims, _) => claims["sub"] = 1),
        Claim("tenant_id no UUID", TokenRefusals.Claims, (claims, _) => claims["tenant_id"] = "tenant"),
        Claim("sid too short", TokenRefusals.Claims, (claims, _) => claims["sid"] = "AAAA"),
        Claim("sid with padding", TokenRefusals.Claims, (claims, _) => claims["sid"] = $"{claims["sid"]}="),
        Claim("jti a number", TokenRefusals.Claims, (claims, _) => claims["jti"] = 1),
        Claim("jti outside the alphabet", TokenRefusals.Claims, (claims, _) => claims["jti"] = "AAAAAAAAAAAAAAAAAAAAAAA+"),
        Claim("role a list", TokenRefusals.Claims, (claims, _) => claims["role"] = new JsonArray("learner")),
        Claim("role empty", TokenRefusals.Claims, (claims, _) => claims["role"] = ""),
        Claim("client_id empty", TokenRefusals.Claims, (claims, _) => claims["client_id"] = ""),
        Claim("bound to a proof key", TokenRefusals.Confirmation, (claims, _) => claims["cnf"] = new JsonObject { ["jkt"] = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }),
        Claim("bound to a certificate", TokenRefusals.Confirmation, (claims, _) => claims["cnf"] = new JsonObject { ["x5t#S256"] = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }),
        Claim("bound to nothing", TokenRefusals.Confirmation, (claims, _) => claims["cnf"] = null),
    ];

    private static BearerVariant Claim(string name, string reason, Action<JsonObject, IssuingKit> change) =>
        Bad(name, reason, (good, kit) => kit.Change(good, payload: claims => change(claims, kit)));
}
