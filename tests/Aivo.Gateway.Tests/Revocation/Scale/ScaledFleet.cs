using Aivo.Gateway.Tests.Revocation.Simulation;

namespace Aivo.Gateway.Tests.Revocation.Scale;

/// <summary>Runs a load on virtual time, with the product's own steps for every node and without sockets.</summary>
internal static class ScaledFleet
{
    public static FleetCost Run(FleetLoad load)
    {
        var timeline = new Timeline();
        var log = new ScaledLog(load, timeline);
        ScaledNode[] nodes = [.. Enumerable.Range(0, load.Nodes).Select(index => new ScaledNode($"node-{index:d4}", load, timeline, log))];
        for (int index = 0; index < nodes.Length; index++)
        {
            timeline.At(load.SyncInterval * index / nodes.Length, nodes[index].Sync);
        }

        timeline.RunUntil(FleetLoad.Second, static () => false);
        (double busy, int commands) = (log.Busy, log.Commands);
        int logouts = (int)(load.LogoutsPerSecond * load.Duration / FleetLoad.Second);
        for (int logout = 0; logout < logouts; logout++)
        {
            // Irregular, so that they do not fall into step with the syncs, and the same in every run.
            double place = (logout + (logout * 0.618_033_988_749 % 1)) / logouts;
            timeline.At(FleetLoad.Second + (long)(place * load.Duration), nodes[(int)(logout * 7_919L % nodes.Length)].Logout);
        }

        timeline.RunUntil(FleetLoad.Second + load.Duration, static () => false);
        (busy, commands) = (log.Busy - busy, log.Commands - commands);

        // Those that still wait.
        timeline.RunUntil(timeline.Now + (4 * load.Lease), static () => false);
        long[] confirmed = [.. nodes.SelectMany(node => node.Confirmed).Order()];
        return new FleetCost(
            At(confirmed, 0.5), At(confirmed, 0.99), logouts - confirmed.Length, commands * (double)FleetLoad.Second / load.Duration,
            busy / load.Duration, nodes.Sum(node => node.Lapsed) / (double)nodes.Sum(node => node.Syncs));
    }

    private static double At(long[] sorted, double share) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Min((int)(sorted.Length * share), sorted.Length - 1)] / 1_000d;
}
