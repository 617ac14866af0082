using System.Reflection;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>The shortest histories that break without one rule, as the random search left them.</summary>
public sealed class FoundHistoriesTests
{
    private static readonly Dictionary<string, (string Invariant, History History)> PerRule = new()
    {
        [nameof(RefreshRules.AdoptsNewer)] = ("R2", new History(30000, 5000,
        [
            new(ActKind.Send, 0),
            new(ActKind.FailOver, 90000) { Which = 1 },
        ])),

        // A sibling is lost while it is under way, a tab goes on from what is left, and then the sibling arrives.
        [nameof(RefreshRules.AdoptsTwin)] = ("R2", new History(60000, 5000,
        [
            new(ActKind.Send, 0) { Lost = true },
            new(ActKind.Send, 4500000) { Travels = 60000 },
            new(ActKind.FailOver, 36000) { Which = 2 },
            new(ActKind.Send, 0),
            new(ActKind.Send, 8000) { Lost = true },
        ])),
        [nameof(RefreshRules.WaitsAfterAdoption)] = ("R2", new History(10000, 5000,
        [
            new(ActKind.Send, 0) { Reads = 4999 },
            new(ActKind.Send, 0),
            new(ActKind.Send, 105),
            new(ActKind.Send, 2),
            new(ActKind.FailOver, 0) { Which = 4 },
        ])),
        [nameof(RefreshRules.HandsOutAgain)] = ("R2", new History(2000, 5000,
        [
            new(ActKind.Send, 0) { Fate = Fate.MissesReply },
        ])),
        [nameof(RefreshRules.WaitsBeforeSuperseding)] = ("R2", new History(1000, 15000,
        [
            new(ActKind.Send, 0) { Reads = 14999 },
            new(ActKind.Send, 0),
            new(ActKind.Send, 424),
        ])),
        [nameof(RefreshRules.Supersedes)] = ("R2", new History(10000, 5000,
        [
            new(ActKind.Send, 0) { Lost = true },
            new(ActKind.Send, 71000),
        ])),
        [nameof(RefreshRules.SupersedesUnusedOnly)] = ("R3", new History(1000, 30000,
        [
            new(ActKind.Copy, 0),
            new(ActKind.Send, 0),
            new(ActKind.Use, 1000),
            new(ActKind.ThiefSend, 8000000),
        ])),
        [nameof(RefreshRules.RevokesSuperseded)] = ("R1", new History(10000, 5000,
        [
            new(ActKind.Send, 0) { Lost = true },
            new(ActKind.Send, 71000),
        ])),
        [nameof(RefreshRules.EndsOnTheft)] = ("R6", new History(10000, 5000,
        [
            new(ActKind.Send, 0) { Overheard = true },
            new(ActKind.ThiefSend, 28000),
        ])),

        // One request is slow, and seventeen rotations overtake it.
        [nameof(RefreshRules.NeverForgets)] = ("R2", new History(10000, 5000,
        [
            new(ActKind.Send, 0) { Reads = 5000 },
            new(ActKind.Send, 0),
            .. Enumerable.Repeat(new Act(ActKind.Send, 144), 17),
        ])),
        [nameof(RefreshRules.KeepsEarlier)] = ("R2", new History(60000, 1000,
        [
            new(ActKind.Send, 0) { Arrives = 60000 },
            new(ActKind.Send, 0),
            new(ActKind.Send, 51),
        ])),
    };

    public static TheoryData<string> Rules => [.. PerRule.Keys];

    [Theory]
    [MemberData(nameof(Rules))]
    public void History_BreaksWithoutItsRule_AndNotWithAll(string rule)
    {
        (string invariant, History history) = PerRule[rule];

        Assert.Equal(invariant, ModelRun.Of(history, Without(rule)).Broken?.Invariant);
        Assert.Null(ModelRun.Of(history, RefreshRules.All).Broken);
    }

    /// <summary>
    /// The one rule that no history needs, as long as tabs read their common store when they send: a parent is decided in time by its
    /// child's issue too. It is there for leniency, and <see cref="RandomHistoriesTests"/> cannot miss it.
    /// </summary>
    [Fact]
    public void EveryRuleHasItsHistory_ButOne() => Assert.Equal(
        [nameof(RefreshRules.CountsFromFirstUse)],
        typeof(RefreshRules).GetProperties().Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name).Except(PerRule.Keys));

    /// <summary>
    /// A node decides, and while it holds its commit a fail-over loses the same rotation, made by another and already handed out: the bytes
    /// are as they were read, so the late commit fits, with a time of issue that is D old.
    /// </summary>
    [Fact]
    public void DecisionHeldOverAFailOver_DoesNotCostTheSession() => Assert.Null(ModelRun.Of(
        new History(1000, 30000,
        [
            new(ActKind.Send, 0) { Commits = 29999 },
            new(ActKind.Send, 27000) { Reads = 30000 },
            new(ActKind.Send, 0),
            new(ActKind.FailOver, 2) { Which = 1 },
        ]),
        RefreshRules.All).Broken);

    internal static RefreshRules Without(string rule)
    {
        RefreshRules rules = RefreshRules.All with { };
        PropertyInfo property = typeof(RefreshRules).GetProperty(rule) ?? throw new ArgumentException("There is no such rule.", nameof(rule));
        property.SetValue(rules, false);
        return rules;
    }
}
