using System.Diagnostics.Metrics;
using System.Globalization;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Bench;

/// <summary>
/// What the whole revocation check of a request costs whose token the node knows, by how many entries are held: the same 20,000 tokens in turn,
/// in replicas that are all there at once, round by round in changing order.
/// </summary>
internal static class CheckCost
{
    private const int Tokens = 20_000;
    private const int WarmUp = 20;
    private static readonly int[] Sizes = [0, 1_000, 100_000, 1_000_000, 10_000_000];

    public static void Run(int rounds)
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new GatewayMetrics(services.GetRequiredService<IMeterFactory>());
        (RevocationCheck Check, KnownToken[] Tokens)[] nodes = [.. Sizes.Select(size => Node(size, metrics))];
        var results = new List<double[]>();
        for (int round = -WarmUp; round < rounds; round++)
        {
            var one = new double[Sizes.Length];
            for (int turn = 0; turn < Sizes.Length; turn++)
            {
                int which = (turn + round + WarmUp) % Sizes.Length;
                one[which] = Time(nodes[which].Check, nodes[which].Tokens);
            }

            if (round >= 0)
            {
                results.Add(one);
            }
        }

        Console.WriteLine("| entries | check, ns | × of 1,000 | ns more than with 1,000 |");
        Console.WriteLine("|--:|--:|--:|--:|");
        for (int which = 0; which < Sizes.Length; which++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {Sizes[which]:N0} | {Median(results, one => one[which]):F1} | {Median(results, one => one[which] / one[1]):F2} | {Median(results, one => one[which] - one[1]):F1} |"));
        }
    }

    private static (RevocationCheck Check, KnownToken[] Tokens) Node(int size, GatewayMetrics metrics)
    {
        var replica = new RevocationReplica(known: new KnownTokens(Tokens));
        for (int number = 0; number < size; number++)
        {
            replica.Apply(RevocationEntry.ForSession(SessionId.Create(0), DateTimeOffset.MaxValue));
        }

        var state = new RevocationState(TimeProvider.System, 1);
        state.Report(0, new ShardStanding(new LeaseState { Node = "bench", FreshUntil = long.MaxValue, Since = 0 }, false, 0, default, null));
        return (new RevocationCheck(state, new RevocationReplicas(1, () => replica), metrics),
            [.. Enumerable.Range(0, Tokens).Select(number => new KnownToken(SessionId.Create(0), TokenIds.ForLeaf($"leaf-{number}", default), "key", DateTimeOffset.UnixEpoch))]);
    }

    /// <returns>Nanoseconds a check. A full fence keeps them apart, as a request makes one and then does something else.</returns>
    private static double Time(RevocationCheck check, KnownToken[] tokens)
    {
        long began = TimeProvider.System.GetTimestamp();
        foreach (KnownToken token in tokens)
        {
            if (check.Judge(token) != RevocationVerdict.Valid)
            {
                throw new InvalidOperationException("A check was wrong.");
            }

            Interlocked.MemoryBarrier();
        }

        return TimeProvider.System.GetElapsedTime(began).TotalNanoseconds / tokens.Length;
    }

    private static double Median(List<double[]> results, Func<double[], double> of)
    {
        double[] values = [.. results.Select(of).Order()];
        return values[values.Length / 2];
    }
}
