using System.Reflection;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>So the simulation can fail, and each rule is there for a reason.</summary>
public sealed class RuleTests(ITestOutputHelper output)
{
    /// <summary>How many random histories at most until the loss of a rule shows.</summary>
    private const ulong HistoriesToFall = 20_000;

    /// <summary>With <c>AIVO_TEST_DESCRIBE</c> the shortest history is looked for and printed.</summary>
    private static readonly bool Describes = Environment.GetEnvironmentVariable("AIVO_TEST_DESCRIBE") is not null;

    public static TheoryData<string> Rules =>
    [
        .. Switches<LeaseRules>(), .. Switches<ScriptRules>(),
    ];

    [Theory]
    [MemberData(nameof(Rules))]
    public void RuleSwitchedOff_BreaksAnInvariant(string rule)
    {
        (LeaseRules lease, ScriptRules scripts) = (Without<LeaseRules>(rule), Without<ScriptRules>(rule));
        for (ulong seed = 1; seed <= HistoriesToFall; seed++)
        {
            if (Fleet.Run(HistoryGenerator.Next(seed), lease, scripts).Broken is { } broken)
            {
                Assert.Null(Fleet.Run(HistoryGenerator.Next(seed)).Broken);
                output.WriteLine(Describes ? RandomHistoriesTests.Describe(seed, broken, lease, scripts) : $"Seed {seed}: {broken}");
                return;
            }
        }

        Assert.Fail($"nothing in {HistoriesToFall} histories");
    }

    private static IEnumerable<string> Switches<T>() =>
        typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name);

    private static T Without<T>(string rule) where T : class, new()
    {
        var rules = new T();
        typeof(T).GetProperty(rule)?.SetValue(rules, false);
        return rules;
    }
}
