using Aivo.Gateway.Authentication;
using Microsoft.AspNetCore.Routing;

namespace Aivo.Gateway.Tests.Authentication;

public sealed class CallerPolicyTests
{
    private static readonly RouteValueDictionary NoValues = [];

    [Theory]
    [InlineData("\"c\": \"x\"", true)]
    [InlineData("\"c\": \"X\"", false)]
    [InlineData("\"c\": \"x \"", false)]
    [InlineData("\"c\": [\"y\", \"x\"]", true)]
    [InlineData("\"c\": [\"y\"]", false)]
    [InlineData("\"c\": []", false)]
    [InlineData("\"c\": \"[\\\"x\\\"]\"", false)]
    [InlineData("\"c\": [[\"x\"]]", false)]
    [InlineData("\"c\": [{\"x\": \"x\"}]", false)]
    [InlineData("\"c\": {\"x\": \"x\"}", false)]
    [InlineData("\"c\": null", false)]
    [InlineData("\"C\": \"x\"", false)]
    [InlineData("\"c\": 5", true)]
    [InlineData("\"c\": 5.0", false)]
    [InlineData("\"c\": \"5\"", true)]
    [InlineData("\"c\": [true, 5]", true)]
    [InlineData("\"c\": true", true)]
    [InlineData("\"c\": \"true\"", true)]
    [InlineData("\"c\": false", false)]
    public void ClaimRule_ComparesTexts_AndAnyItemOfAList(string claims, bool allowed)
    {
        CallerRule rule = CallerRule.Claim("c", ["x", "5", "true"]);

        Assert.Equal(allowed, rule.Allows(PolicySamples.Claims(claims), NoValues));
    }

    [Theory]
    [InlineData("\"c\": \"x\"", true)]
    [InlineData("\"c\": false", true)]
    [InlineData("\"c\": 0", true)]
    [InlineData("\"c\": [0]", true)]
    [InlineData("\"c\": \"\"", false)]
    [InlineData("\"c\": []", false)]
    [InlineData("\"c\": {}", false)]
    [InlineData("\"c\": null", false)]
    [InlineData("\"d\": \"x\"", false)]
    public void ClaimRuleWithoutValues_WantsAValue(string claims, bool allowed) =>
        Assert.Equal(allowed, CallerRule.Claim("c", []).Allows(PolicySamples.Claims(claims), NoValues));

    [Theory]
    [InlineData("\"scope\": \"read write\"", true)]
    [InlineData("\"scope\": \"write  read admin\"", true)]
    [InlineData("\"scope\": [\"read\", \"write\"]", true)]
    [InlineData("\"scope\": \"read\"", false)]
    [InlineData("\"scope\": \"readwrite\"", false)]
    [InlineData("\"scope\": \"Read write\"", false)]
    [InlineData("\"scp\": \"read write\"", false)]
    public void ScopeRule_WantsEveryScope(string claims, bool allowed) =>
        Assert.Equal(allowed, CallerRule.Scope(["read", "write"]).Allows(PolicySamples.Claims(claims), NoValues));

    [Theory]
    [InlineData("learner", "a", true)]
    [InlineData("learner", "b", true)]
    [InlineData("learner", "A", false)]
    [InlineData("learner", "", false)]
    [InlineData("learner", null, false)]
    [InlineData("instructor", "c", true)]
    [InlineData("Instructor", "c", false)]
    public void RouteRule_WantsTheClaimsValueInThePath_ButOfRolesThatPass(string role, string? value, bool allowed)
    {
        CallerRule rule = CallerRule.Route("learnerId", "learners", ["instructor"]);
        RouteValueDictionary route = value is null ? [] : new() { ["LearnerId"] = value };

        Assert.Equal(allowed, rule.Allows(PolicySamples.Claims("\"learners\": [\"a\", \"b\"]", role), route));
    }

    [Theory]
    [InlineData("sub", PolicySamples.User)]
    [InlineData("tenant_id", PolicySamples.Tenant)]
    [InlineData("client_id", "aivo-sdk")]
    [InlineData("role", "learner")]
    public void ClaimsOfEveryToken_CanBeCompared(string claim, string value)
    {
        Assert.True(CallerRule.Claim(claim, [value]).Allows(PolicySamples.Claims(), NoValues));
        Assert.False(CallerRule.Claim(claim, [value.ToUpperInvariant()]).Allows(PolicySamples.Claims(), NoValues));
    }

    [Fact]
    public void EveryRuleMustHold_AndTheFirstThatDoesNotIsNamed()
    {
        var policy = new CallerPolicy("r", [CallerRule.Role(["learner"]), CallerRule.Tenant([PolicySamples.Tenant]), CallerRule.Claim("c", []), CallerRule.Scope(["read"])]);

        Assert.Null(policy.Refusing(PolicySamples.Claims("\"c\": 1, \"scope\": \"read\""), NoValues));
        Assert.Equal("scope", policy.Refusing(PolicySamples.Claims("\"c\": 1"), NoValues)?.Name);
        Assert.Equal("claim", policy.Refusing(PolicySamples.Claims(), NoValues)?.Name);
        Assert.Equal("tenant", policy.Refusing(PolicySamples.Claims(tenant: PolicySamples.User), NoValues)?.Name);
        Assert.Equal("role", policy.Refusing(PolicySamples.Claims(role: "instructor"), NoValues)?.Name);
    }

    [Fact]
    public void RulesThatDiffer_HaveDifferentTexts()
    {
        CallerRule[] rules =
        [
            CallerRule.Role(["a"]), CallerRule.Role(["a", "b"]), CallerRule.Role(["a\" or \"b"]), CallerRule.Scope(["a", "b"]), CallerRule.Scope(["a"]),
            CallerRule.Claim("a", []), CallerRule.Claim("a", ["b"]), CallerRule.Claim("a", ["b", "c"]), CallerRule.Tenant(["a"]),
            CallerRule.Route("a", "b", []), CallerRule.Route("a", "b", ["c"]), CallerRule.Route("b", "a", []), CallerRule.Claim("role", ["a"]),
        ];

        Assert.Equal(rules.Length, rules.Select(rule => rule.ToString()).Distinct(StringComparer.Ordinal).Count());
    }
}
