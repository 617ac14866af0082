using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// What the promise costs where nothing fails: how long a log-out takes, how long before its 204 a session is forwarded last, and that no
/// node says 503 without a reason. The figures are written to the test's output; <c>AIVO_TEST_FAULTS=long</c> takes minutes for them,
/// <c>AIVO_TEST_NODES=8</c> with so many nodes only.
/// </summary>
[Collection(FaultSuite.Name)]
public sealed class MeasuredRunTests(ITestOutputHelper output)
{
    public static TheoryData<int> Nodes => FaultSuite.IsLong
        ? [.. (Environment.GetEnvironmentVariable("AIVO_TEST_NODES") ?? "1,3,8").Split(',').Select(int.Parse)]
        : [3];

    [Theory]
    [MemberData(nameof(Nodes))]
    public async Task LogoutsUnderNormalLoad(int nodes)
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, Nodes = nodes });
        await fleet.BeginAsync();
        int unavailable = fleet.Judge.Unavailable;
        await Task.Delay(TimeSpan.FromSeconds(FaultSuite.IsLong ? 300 : 20), TestContext.Current.CancellationToken);
        int falsely = fleet.Judge.Unavailable - unavailable;
        TimeSpan[] times = [.. fleet.Judge.LogoutTimes.Order()];
        FleetResult result = await fleet.EndAsync();

        IReadOnlyList<double> last = fleet.Judge.LastForwards(fleet.Received);
        output.WriteLine(
            $"{nodes} nodes, {times.Length} log-outs: p50 {At(times, 0.5):0.0} ms, p99 {At(times, 0.99):0.0} ms; "
            + $"204 to last forward: {last[0]:0.0} ms at most; served {result.Judge.Served}, answered 503: {falsely}");
        result.AssertPromisesHold();
        if (FaultSuite.IsLong)
        {
            // A shared machine can keep a node from running for a whole lease; then its 503 is not false. The long run is made alone.
            Assert.Equal(0, falsely);
        }
    }

    private static double At(TimeSpan[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)].TotalMilliseconds;
}
