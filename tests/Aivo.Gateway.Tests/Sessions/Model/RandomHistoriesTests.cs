using System.Globalization;
using System.Text;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// R1..R6 over random histories. <c>AIVO_TEST_STEPS</c> sets how many steps are taken, <c>AIVO_TEST_SEED</c> where the seeds begin. A failure
/// prints the shortest history that fails too, as source text for <see cref="FoundHistoriesTests"/>, and what happens in it.
/// </summary>
public sealed class RandomHistoriesTests(ITestOutputHelper output)
{
    private static readonly long Steps = Setting("AIVO_TEST_STEPS", 150_000);

    private static readonly ulong FirstSeed = (ulong)Setting("AIVO_TEST_SEED", 1);

    /// <summary>How many steps at most until the loss of a rule shows.</summary>
    private const long StepsToFall = 400_000;

    [Fact]
    public void EveryInvariant_HoldsInRandomHistories()
    {
        (Found? found, ulong histories, long steps) = Search(RefreshRules.All, FirstSeed, Steps);

        output.WriteLine($"{steps} steps, {histories} histories, seeds from {FirstSeed}");
        Assert.True(found is null, found is null ? "" : Describe(found, RefreshRules.All));
    }

    /// <summary>So the model can fail, and each rule is there for a reason.</summary>
    [Theory]
    [InlineData(nameof(RefreshRules.AdoptsNewer), "R2")]
    [InlineData(nameof(RefreshRules.AdoptsTwin), "R2")]
    [InlineData(nameof(RefreshRules.WaitsAfterAdoption), "R2")]
    [InlineData(nameof(RefreshRules.HandsOutAgain), "R2")]
    [InlineData(nameof(RefreshRules.WaitsBeforeSuperseding), "R1")]
    [InlineData(nameof(RefreshRules.WaitsBeforeSuperseding), "R2")]
    [InlineData(nameof(RefreshRules.Supersedes), "R2")]
    [InlineData(nameof(RefreshRules.SupersedesUnusedOnly), "R3")]
    [InlineData(nameof(RefreshRules.RevokesSuperseded), "R1")]
    [InlineData(nameof(RefreshRules.EndsOnTheft), "R6")]
    [InlineData(nameof(RefreshRules.NeverForgets), "R2")]
    [InlineData(nameof(RefreshRules.KeepsEarlier), "R2")]
    public void RuleSwitchedOff_BreaksAnInvariant(string rule, string invariant)
    {
        (Found? found, _, long steps) = Search(FoundHistoriesTests.Without(rule), 1, StepsToFall, invariant);

        output.WriteLine(found is null ? $"nothing in {steps} steps" : $"seed {found.Seed}, after {steps} steps: {found.Broken.Message}");
        Assert.NotNull(found);
    }

    [Fact]
    public void SameSeed_IsTheSameHistory() =>
        Assert.Equal(new HistoryGenerator(7).Next().ToString(), new HistoryGenerator(7).Next().ToString());

    private sealed record Found(ulong Seed, History History, InvariantBrokenException Broken);

    private static (Found? Found, ulong Histories, long Steps) Search(RefreshRules rules, ulong seed, long most, string? invariant = null)
    {
        long steps = 0;
        ulong histories = 0;
        while (steps < most)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            History history = new HistoryGenerator(seed + histories).Next();
            (InvariantBrokenException? broken, int taken) = ModelRun.Of(history, rules);
            steps += taken;
            if (broken is not null && (invariant ?? broken.Invariant) == broken.Invariant)
            {
                return (new Found(seed + histories, history, broken), histories, steps);
            }

            histories++;
        }

        return (null, histories, steps);
    }

    private static string Describe(Found found, RefreshRules rules)
    {
        History least = Minimiser.Minimise(found.History, rules, found.Broken.Invariant);
        List<string> trace = [];
        InvariantBrokenException? broken = ModelRun.Of(least, rules, trace).Broken;
        return new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"seed {found.Seed}: {broken!.Message}")
            .AppendLine(least.ToString())
            .AppendJoin('\n', trace)
            .ToString();
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : otherwise;
}
