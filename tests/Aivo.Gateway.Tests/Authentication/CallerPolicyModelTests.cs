using System.Text.Json;
using System.Text.Json.Nodes;
using Aivo.Gateway.Authentication;
using CsCheck;
using Microsoft.AspNetCore.Routing;

namespace Aivo.Gateway.Tests.Authentication;

/// <summary>The compiled policy against one that is written as the documentation reads, on JSON.</summary>
public sealed class CallerPolicyModelTests
{
    private static readonly string[] Texts = ["x", "y", "5", "true", "read"];

    private static readonly string[] Values =
    [
        "\"x\"", "\"y\"", "\"X\"", "5", "5.0", "\"5\"", "true", "false", "\"true\"", "null", "\"\"", "[]", "{}", "[\"x\"]", "[\"y\",5]", "[null,\"\",true]",
        "[[\"x\"]]", "[{\"x\":\"y\"}]", "{\"x\":\"y\"}", "\"[\\\"x\\\"]\"", "\"read x\"", "[\"read\",\"y\"]", "\"x y 5 true read\"",
    ];

    private static readonly Gen<string> SomeValue = OneOf(Values);

    private static readonly Gen<(string A, string B, string Scope, string Role, string Tenant)> SomeToken =
        Gen.Select(SomeValue, SomeValue, SomeValue, OneOf("x", "y", "z"), OneOf(PolicySamples.Tenant, PolicySamples.User));

    private static readonly Gen<PolicyOptions> SomePolicy = Gen.Select(Subset(["x", "y"]), Subset(Texts), Gen.Select(Gen.Bool, Subset(Texts)), Gen.Select(Gen.Bool, Subset(Texts)), Gen.Select(Gen.Bool, Gen.Bool, Subset(["x", "z"]))).Select(
        (roles, scopes, a, b, route) => new PolicyOptions(
            roles, scopes.Length > 2 ? [] : scopes, Named(("a", a), ("b", b)), roles.Length == 1 ? [PolicySamples.Tenant] : [],
            route.Item1 ? new Dictionary<string, string> { ["id"] = route.Item2 ? "a" : "sub" } : new Dictionary<string, string>(), route.Item1 ? route.Item3 : []));

    [Fact]
    public void CompiledPolicy_DecidesAsTheModelDoes() =>
        Gen.Select(SomeToken, SomePolicy, OneOf("x", "5", "true", "X", "", PolicySamples.User, null)).Sample((token, policy, id) =>
        {
            string claims = $"\"a\": {token.A}, \"b\": {token.B}, \"scope\": {token.Scope}";
            RouteValueDictionary route = id is null ? [] : new() { ["id"] = id };

            string? refused = new CallerPolicy("r", policy.Rules).Refusing(PolicySamples.Claims(claims, token.Role, token.Tenant), route)?.Name;

            JsonObject payload = JsonNode.Parse($"{{{claims}}}")!.AsObject();
            payload["role"] = token.Role;
            payload["tenant_id"] = token.Tenant;
            payload["sub"] = PolicySamples.User;
            Assert.Equal(Model(policy, payload, id), refused);
        }, iter: 20_000, threads: 1);

    private static string? Model(PolicyOptions policy, JsonObject payload, string? id)
    {
        string role = payload["role"]!.GetValue<string>();
        if (policy.Roles.Count > 0 && !policy.Roles.Contains(role))
        {
            return "role";
        }

        List<string> scopes = [.. TextsOf(payload["scope"]).SelectMany(text => text.Split(' '))];
        if (policy.Scopes.Any(scope => !scopes.Contains(scope)))
        {
            return "scope";
        }

        if (policy.Claims.Any(claim => claim.Value.Count == 0 ? TextsOf(payload[claim.Key]).Count == 0 : !TextsOf(payload[claim.Key]).Intersect(claim.Value).Any()))
        {
            return "claim";
        }

        if (policy.Tenants.Count > 0 && !policy.Tenants.Contains(payload["tenant_id"]!.GetValue<string>()))
        {
            return "tenant";
        }

        bool passes = policy.PassRoles.Contains(role);
        return policy.RouteClaims.Values.Any(claim => !passes && (string.IsNullOrEmpty(id) || !TextsOf(payload[claim]).Contains(id))) ? "route" : null;
    }

    private static List<string> TextsOf(JsonNode? node) =>
        [.. (node is JsonArray list ? list.ToArray() : [node]).OfType<JsonValue>()
            .Select(value => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()).Where(text => text.Length > 0)];

    private static Dictionary<string, IReadOnlyList<string>> Named(params (string Name, (bool Asked, string[] Values) Rule)[] claims) =>
        claims.Where(claim => claim.Rule.Asked).ToDictionary(claim => claim.Name, claim => (IReadOnlyList<string>)claim.Rule.Values);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<string[]> Subset(string[] all) =>
        Gen.Int[0, (1 << all.Length) - 1].Select(mask => all.Where((_, index) => ((mask >> index) & 1) == 1).ToArray());
}
