using Aivo.Gateway.Authentication;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class PolicyOptionsTests
{
    [Fact]
    public void PolicyUnderAName_HasTheRulesThatItSays()
    {
        PolicyOptions policy = Policies(
            ("staff:Roles:0", "instructor"), ("staff:Roles:1", "tenant_admin"), ("staff:Scopes:0", "read"), ("staff:Claims:plan:OneOf:0", "a|b;c"),
            ("staff:Claims:plan:OneOf:1", "d"), ("staff:Claims:grade:Equals", "5"), ("staff:Claims:verified:Exists", "true"),
            ("staff:Tenants:0", "0197A2D4-6C00-7000-8000-00000000DE00"), ("staff:RouteClaims:learnerId", "learner_uid"), ("staff:PassRoles:0", "super_admin"))["Staff"];

        Assert.Equal(
            [
                "role is \"instructor\" or \"tenant_admin\"", "scope has \"read\"", "claim \"grade\" is \"5\"", "claim \"plan\" is \"a|b;c\" or \"d\"", "claim \"verified\" is there",
                "tenant is \"0197a2d4-6c00-7000-8000-00000000de00\"", "{learnerId} of the path is claim \"learner_uid\", or role is \"super_admin\"",
            ],
            policy.Rules.Select(rule => rule.ToString()));
    }

    [Fact]
    public void ShortForms_SayTheSame()
    {
        var metadata = new Dictionary<string, string>
        {
            ["Roles"] = "instructor, tenant_admin",
            ["Claims"] = " plan = gold| silver ;verified",
            ["RouteClaims"] = "learnerId=learner_uid; pass=admin,teacher ; schoolId = school",
        };

        PolicyOptions policy = PolicyTexts.Read(metadata.GetValueOrDefault, (name, _, problem, _) => Assert.Fail($"{name} {problem}"))!;

        Assert.Equal(
            [
                "role is \"instructor\" or \"tenant_admin\"", "claim \"plan\" is \"gold\" or \"silver\"", "claim \"verified\" is there",
                "{learnerId} of the path is claim \"learner_uid\", or role is \"admin\" or \"teacher\"",
                "{schoolId} of the path is claim \"school\", or role is \"admin\" or \"teacher\"",
            ],
            policy.Rules.Select(rule => rule.ToString()));
    }

    [Fact]
    public void RouteWithoutShortForms_HasNone() => Assert.Null(PolicyTexts.Read(_ => null, (_, _, _, _) => { }));

    [Fact]
    public void PolicyThatAsksNothing_IsAnError()
    {
        var report = new SettingReport();
        IConfigurationRoot configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream("""{ "Policies": { "a": {}, "b": null, "c": { "Roles": null } } }"""u8.ToArray())).Build();

        PolicyOptions.ReadAll(new SettingReader(configuration, "", report));

        Assert.Equal(["Policies:a", "Policies:b", "Policies:c"], report.Errors.Select(error => error.Key));
        Assert.All(report.Errors, error => Assert.Contains("asks nothing of a caller", error.Problem, StringComparison.Ordinal));
    }

    private static IReadOnlyDictionary<string, PolicyOptions> Policies(params (string Key, string Value)[] settings)
    {
        var report = new SettingReport();
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => $"Policies:{setting.Key}", setting => (string?)setting.Value)).Build();
        IReadOnlyDictionary<string, PolicyOptions> policies = PolicyOptions.ReadAll(new SettingReader(configuration, "", report));
        Assert.Empty(report.Errors);
        return policies;
    }
}
