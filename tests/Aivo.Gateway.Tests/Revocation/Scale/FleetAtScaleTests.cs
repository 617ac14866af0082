using System.Globalization;

namespace Aivo.Gateway.Tests.Revocation.Scale;

/// <summary>The figures of docs/scaling.md. With AIVO_SCALE=1 all of them are computed and printed.</summary>
public sealed class FleetAtScaleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void SmallFleet_ConfirmsALogoutInAFewMilliseconds(int nodes)
    {
        FleetCost cost = ScaledFleet.Run(new FleetLoad { Nodes = nodes, LogoutsPerSecond = 10 });
        Assert.Equal(0, cost.Failed);
        Assert.InRange(cost.Median, 1, 15);
        Assert.InRange(cost.NinetyNinth, 1, 25);
        Assert.InRange(cost.Busy, 0, 0.05);
    }

    [Fact]
    public void SyncsOfAFleetWithoutLogouts_GrowByItsSizeAlone()
    {
        FleetCost few = ScaledFleet.Run(new FleetLoad { Nodes = 100, LogoutsPerSecond = 0 });
        FleetCost many = ScaledFleet.Run(new FleetLoad { Nodes = 1_000, LogoutsPerSecond = 0 });
        Assert.InRange(many.Busy / few.Busy, 9, 11);
        Assert.InRange(many.Busy, 0.1, 0.6);
        Assert.Equal(0, many.Lapsed);
    }

    [Fact]
    public void ThousandNodes_ConfirmARareLogout_WithoutLosingALease()
    {
        FleetCost cost = ScaledFleet.Run(new FleetLoad { Nodes = 1_000, LogoutsPerSecond = 1, Duration = 4 * FleetLoad.Second });
        Assert.Equal(0, cost.Failed);
        Assert.Equal(0, cost.Lapsed);
        Assert.InRange(cost.NinetyNinth, 1, 1_000);
    }

    [Fact]
    public void FewerWakes_LetASaturatedShardConfirmMore()
    {
        var load = new FleetLoad { Nodes = 300, LogoutsPerSecond = 100, Duration = 2 * FleetLoad.Second };
        FleetCost woken = ScaledFleet.Run(load);
        FleetCost paced = ScaledFleet.Run(load with { LeastPause = 50_000 });
        Assert.InRange(paced.Busy, 0, woken.Busy);
        Assert.InRange(paced.Failed, 0, woken.Failed);
    }

    [Fact]
    public void AllFigures_AreComputedWhereTheyAreAskedFor()
    {
        bool all = Environment.GetEnvironmentVariable("AIVO_SCALE") == "1";
        var rows = new List<string> { "| nodes | logouts/s | least pause, ms | wakes | p50, ms | p99, ms | 503 | scripts/s | Redis busy | leases lapsed |", "|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|" };
        foreach (int nodes in all ? new[] { 1, 3, 8, 30, 100, 300, 1_000 } : [3, 30])
        {
            foreach (double rate in all ? new double[] { 0, 1, 10, 100, 1_000 } : [10])
            {
                // Far above what one shard takes there is nothing to see, and much to compute.
                foreach ((int leastPause, bool wakes) in nodes * rate > 100_000 ? [] : new[] { (5, true), (50, true), (5, false) })
                {
                    FleetCost cost = ScaledFleet.Run(new FleetLoad { Nodes = nodes, LogoutsPerSecond = rate, Wakes = wakes, LeastPause = leastPause * 1_000 });
                    rows.Add(string.Create(CultureInfo.InvariantCulture,
                        $"| {nodes} | {rate} | {leastPause} | {(wakes ? "yes" : "no")} | {cost.Median:F1} | {cost.NinetyNinth:F1} | {cost.Failed} | {cost.Commands:F0} | {cost.Busy:P0} | {cost.Lapsed:P1} |"));
                    Assert.InRange(cost.Busy, 0, 1.05);
                }
            }
        }

        Array.ForEach([.. rows], row => TestContext.Current.TestOutputHelper?.WriteLine(row));
    }
}
