using System.Globalization;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// Many sessions that end at once, by the product's own ends: every node takes them up while it serves, and one that joins reads them all
/// before it does. The figures are written to the test's output; <c>AIVO_TEST_FAULTS=long</c> is made alone and holds the times too.
/// </summary>
[Collection(FaultSuite.Name)]
public sealed class ManyRevocationsTests(ITestOutputHelper output)
{
    /// <summary>What a node may hold an entry in (docs/scaling.md).</summary>
    private const long BytesAnEntry = 64;

    /// <summary>Sessions that forward, and end one by one in the midst of the others.</summary>
    private const int Known = 12;

    /// <summary>Besides the entries: how far the youngest generation of a heap fills between two collections on a large cache, twice, and more on a busy machine.</summary>
    private static readonly long Slack = (FaultSuite.IsLong ? 64 : 96) << 20;

    private static readonly int Count = FaultSuite.IsLong ? 100_000 : 10_000;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(FaultSuite.IsLong ? 60 : 4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ManyRevocationsAtOnce_UnderLoad()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            Configuration = redis.Configuration,
            Nodes = 3,
            Sessions = 6, // beside those that are paced and those that are ended: each of these logs in again and again, which is hashing
            SettingsOf = _ => [("Tokens:AccessTokenLifetime", "00:15:00")],
        });
        await using AdministratorProcess administrator = await AdministratorProcess.StartAsync(redis.Configuration);
        await administrator.BeginSessionsAsync(Count);
        ContractClient.AuthResponse[] known = await Task.WhenAll(Enumerable.Range(0, Known).Select(number => fleet.LoginAsync(fleet.Nodes[number % 3])));
        using PacedForwards forwards = await PacedForwards.StartAsync(fleet);
        await fleet.BeginAsync();

        long quiet = TimeProvider.System.GetTimestamp();
        await Task.Delay(Before, Token);
        FleetNode[] nodes = [.. fleet.Nodes];
        long[] resident = Array.ConvertAll(nodes, node => node.Resident().Now);
        Array.ForEach(nodes, node => node.ForgetPeak());
        int unavailable = fleet.Judge.Unavailable;
        long began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll([administrator.EndTenantsAsync(), .. known.Select(pair => administrator.EndAsync(fleet, pair))]);
        long ended = TimeProvider.System.GetTimestamp();
        int falsely = fleet.Judge.Unavailable - unavailable;
        long[] grown = [.. nodes.Zip(resident, (node, before) => node.Resident().Peak - before)];
        IReadOnlyList<PacedForward> sent = forwards.End();

        await fleet.AddNodeAsync();
        FleetResult result = await fleet.EndAsync();
        long inRedis = long.Parse(await redis.CommandAsync("ZCARD", new RedisKeys("aivo").RevocationNumbers(0)), CultureInfo.InvariantCulture);

        PacedForward[] before = Between(sent, quiet, began), meanwhile = Between(sent, began, ended);
        double seconds = TimeProvider.System.GetElapsedTime(began, ended).TotalSeconds;
        output.WriteLine(
            $"{Count} ends in {seconds:0.0} s ({Count / seconds:0}/s, repeated {administrator.Repeated}); forwards before: {Times(before)}; meanwhile: {Times(meanwhile)}; "
            + $"answered 503: {falsely}; resident memory grew by {string.Join(", ", grown.Select(bytes => $"{bytes / 1024.0 / 1024.0:0.0}"))} MiB");
        result.AssertPromisesHold();
        Assert.True(inRedis >= Count + Known);
        foreach (FleetNode node in fleet.Nodes)
        {
            Assert.Equal(inRedis, await node.EntriesAsync());
        }

        Assert.All(grown, bytes => Assert.InRange(bytes, long.MinValue, (BytesAnEntry * inRedis) + Slack));
        Assert.All(sent, forward => Assert.True(forward.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable or null, $"answered {forward.Status}"));
        if (FaultSuite.IsLong)
        {
            // On a shared machine others take the processors for longer than that.
            Assert.Equal(0, falsely);
            Assert.All(sent, forward => Assert.Equal(HttpStatusCode.OK, forward.Status));
            Assert.InRange(At(meanwhile, 0.99), 0, 2 * At(before, 0.99));
        }
    }

    private static PacedForward[] Between(IReadOnlyList<PacedForward> sent, long from, long to) =>
        [.. sent.Where(forward => forward.DueAt >= from && forward.DueAt < to).OrderBy(forward => forward.Took)];

    private static string Times(PacedForward[] sorted) =>
        $"{sorted.Length}, p50 {At(sorted, 0.5):0.0} ms, p99 {At(sorted, 0.99):0.0} ms, most {At(sorted, 1):0.0} ms, not 200: {sorted.Count(forward => forward.Status != HttpStatusCode.OK)}";

    private static double At(PacedForward[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)].Took.TotalMilliseconds;
}
