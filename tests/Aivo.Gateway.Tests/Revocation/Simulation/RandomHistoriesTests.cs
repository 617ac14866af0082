using System.Globalization;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>
/// V1..V6 over random histories. <c>AIVO_TEST_HISTORIES</c> sets how many, <c>AIVO_TEST_SEED</c> where the seeds begin. A failure prints the
/// shortest history that fails too, as source text for <c>RuleTests</c>.
/// </summary>
public sealed class RandomHistoriesTests(ITestOutputHelper output)
{
    private static readonly long Histories = Setting("AIVO_TEST_HISTORIES", 20_000);

    private static readonly ulong FirstSeed = (ulong)Setting("AIVO_TEST_SEED", 1);

    [Fact]
    public void EveryInvariant_HoldsInRandomHistories()
    {
        long answers = 0, openings = 0, losses = 0;
        (ulong Seed, Broken Broken)? found = null;
        Parallel.For(0, Histories, new ParallelOptions { MaxDegreeOfParallelism = 2 }, (number, loop) =>
        {
            Judge judge = Fleet.Run(HistoryGenerator.Next(FirstSeed + (ulong)number));
            Interlocked.Add(ref answers, judge.Answers);
            Interlocked.Add(ref openings, judge.Openings);
            Interlocked.Add(ref losses, judge.Losses);
            if (judge.Broken is { } broken)
            {
                lock (output)
                {
                    found ??= (FirstSeed + (ulong)number, broken);
                }

                loop.Stop();
            }
        });

        output.WriteLine($"{Histories} histories, seeds from {FirstSeed}: {answers} ends answered, {openings} epochs opened, {losses} ends lost");
        Assert.True(found is null, found is { } one ? Describe(one.Seed, one.Broken) : "");
        Assert.True(answers > Histories && openings > Histories / 4, "the histories show too little");
    }

    [Fact]
    public void SameSeed_IsTheSameHistory() =>
        Assert.Equal(HistoryGenerator.Next(7).ToString(), HistoryGenerator.Next(7).ToString());

    internal static string Describe(ulong seed, Broken broken, LeaseRules? rules = null, ScriptRules? scripts = null)
    {
        History least = Minimiser.Minimise(
            HistoryGenerator.Next(seed), history => Fleet.Run(history, rules, scripts).Broken?.Invariant == broken.Invariant);
        Broken last = Fleet.Run(least, rules, scripts).Broken!;
        return $"Seed {seed}: {broken}\nThe shortest that fails too: {last}\n{least}";
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : otherwise;
}
