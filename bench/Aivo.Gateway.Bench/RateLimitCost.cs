using System.Globalization;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Throttling;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Aivo.Gateway.Bench;

/// <summary>
/// What a request's rate limits cost: in a node's memory, and over the Redis at <c>redis</c> as time that the request waits, as processor
/// time of Redis and as round trips by Redis' own count. 20,000 subjects in turn; nothing is refused. The server must be of use to nobody else.
/// </summary>
internal static class RateLimitCost
{
    private const int Subjects = 20_000;
    private const int Calls = 2_000;
    private const int AtOnce = 16;

    private static readonly (int Permits, TimeSpan Length)[] Windows =
        [(10_000, TimeSpan.FromMinutes(1)), (100_000, TimeSpan.FromHours(1)), (1_000_000, TimeSpan.FromDays(1))];

    public static async Task RunAsync(string configuration, int rounds)
    {
        var options = new RedisOptions
        {
            Configuration = $"{configuration},allowAdmin=true",
            KeyPrefix = "bench",
            ConnectTimeout = TimeSpan.FromSeconds(2),
            CommandTimeout = TimeSpan.FromSeconds(5),
            Tls = false,
            CaFile = null,
        };
        await using var servers = new RedisServers(options, NullLogger<RedisServers>.Instance);
        await using var redis = new RedisConnection(options, servers, NullLogger<RedisConnection>.Instance);
        await using ConnectionMultiplexer statistics = await ConnectionMultiplexer.ConnectAsync(options.Configuration);
        Console.WriteLine("| limits × windows | node, ns | distributed, µs of the request, alone | 16 at once | µs of Redis | round trips |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|");
        foreach ((int limits, int windows) in new[] { (1, 1), (1, 3), (3, 3) })
        {
            RateLimitCharge[][] charges = Charges(limits, windows);
            var node = new NodeRateLimiter(Subjects, TimeProvider.System, NullLogger<NodeRateLimiter>.Instance);
            double inMemory = await MedianAsync(rounds, () => Task.FromResult(Time(node, charges)));
            var shared = new RedisRateLimiter(redis);
            double alone = await MedianAsync(rounds, () => TimeAsync(shared, charges, 1));
            double atOnce = await MedianAsync(rounds, () => TimeAsync(shared, charges, AtOnce));
            IServer server = statistics.GetServers()[0];
            (double used, long scripts) = (await ProcessorAsync(server), await ScriptsAsync(server));
            await TimeAsync(shared, charges, AtOnce);
            used = (await ProcessorAsync(server) - used) * 1e6 / Calls;
            double trips = (double)(await ScriptsAsync(server) - scripts) / Calls;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {limits} × {windows} | {inMemory * 1e9:F0} | {alone * 1e6:F0} | {atOnce * 1e6:F0} | {used:F1} | {trips:F2} |"));
        }
    }

    private static RateLimitCharge[][] Charges(int limits, int windows)
    {
        RateLimit[] named = [.. Enumerable.Range(0, limits).Select(index => new RateLimit(
            $"limit-{index}-{windows}", [.. Windows.Take(windows).Select(window => new RateWindow(window.Permits, window.Length))], RateLimitPartition.User, null, RateLimitScope.Distributed))];
        return [.. Enumerable.Range(0, Subjects).Select(subject => named.Select(limit => new RateLimitCharge(limit, (uint)subject)).ToArray())];
    }

    /// <summary>Seconds a call.</summary>
    private static double Time(NodeRateLimiter limiter, RateLimitCharge[][] charges)
    {
        long began = TimeProvider.System.GetTimestamp();
        for (int call = 0; call < Calls * 50; call++)
        {
            limiter.Charge(charges[call % Subjects]);
        }

        return TimeProvider.System.GetElapsedTime(began).TotalSeconds / (Calls * 50);
    }

    /// <summary>Seconds that a call takes, with so many under way.</summary>
    private static async Task<double> TimeAsync(RedisRateLimiter limiter, RateLimitCharge[][] charges, int atOnce)
    {
        int next = 0;
        long began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            for (int call = Interlocked.Increment(ref next); call <= Calls; call = Interlocked.Increment(ref next))
            {
                await limiter.ChargeAsync(charges[call % Subjects], CancellationToken.None);
            }
        }));
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds * atOnce / Calls;
    }

    private static async Task<double> MedianAsync(int rounds, Func<Task<double>> measure)
    {
        var results = new List<double>();
        for (int round = -1; round < rounds; round++)
        {
            double result = await measure();
            if (round >= 0)
            {
                results.Add(result);
            }
        }

        results.Sort();
        return results[results.Count / 2];
    }

    private static async Task<double> ProcessorAsync(IServer server) => (await server.InfoAsync("cpu")).SelectMany(static section => section)
        .Where(static field => field.Key is "used_cpu_user" or "used_cpu_sys").Sum(static field => double.Parse(field.Value, CultureInfo.InvariantCulture));

    private static async Task<long> ScriptsAsync(IServer server) => (await server.InfoAsync("commandstats")).SelectMany(static section => section)
        .Where(static field => field.Key is "cmdstat_eval" or "cmdstat_evalsha")
        .Sum(static field => long.Parse(field.Value["calls=".Length..field.Value.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture));
}
