using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>Nodes that die, stop, come, go or lack the processor, while Redis is well.</summary>
[Collection(FaultSuite.Name)]
public sealed class NodeFaultTests
{
    [Fact]
    public async Task KilledAndStartedAgain()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        await fleet.Nodes[1].KillAsync();
        await fleet.SwingAsync(3);
        await fleet.Nodes[1].StartAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    /// <summary>Sessions end on the other node while this one is stopped in whatever it was doing, a log-out before its 204 too.</summary>
    [Fact]
    public async Task StoppedAndContinued_ForwardsNothingThatItChecksAfterwards()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        fleet.Judge.Stopped[1] = true;
        await fleet.Nodes[1].PauseAsync();
        await fleet.SwingAsync(3);
        await fleet.Nodes[1].ResumeAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task RollingRestart()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        foreach (FleetNode node in fleet.Nodes)
        {
            await node.TerminateAsync();
            await node.StartAsync();
            await fleet.SwingAsync(1);
        }

        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task NodesThatJoinAndLeave()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, Nodes = 1 });
        await fleet.BeginAsync();
        await fleet.AddNodeAsync();
        await fleet.AddNodeAsync();
        await fleet.SwingAsync(2);
        await fleet.Nodes[0].TerminateAsync();
        await fleet.SwingAsync(2);
        await fleet.Nodes[1].KillAsync();
        await fleet.AddNodeAsync();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task StarvedThreadPool()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            RedisPort = redis.Port,
            AlterationOf = node => node == 1 ? Conditions.Starvation : "",
        });
        await fleet.BeginAsync();
        await fleet.SwingAsync(FaultSuite.IsLong ? 100 : 8);
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    /// <summary>
    /// V6. All nodes at once stand for Redis' clock, which then jumps the other way: the promise knows clocks only by their difference.
    /// The jumps stay within the tolerance for tokens; what a node does whose clock is further off is about <c>exp</c> and readiness.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ClocksThatJump(int nodes)
    {
        using var directory = new TemporaryDirectory();
        string clock = directory.File("clock"), real = directory.File("real");
        SetClock(clock, "0");
        SetClock(real, "0");
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            RedisPort = redis.Port,
            AlterationOf = _ => Conditions.MovableClock,
            SettingsOf = node => [(Conditions.ClockFileVariable, node < nodes ? clock : real)],
        });
        await fleet.BeginAsync();
        foreach (string seconds in new[] { "20", "-20", "0" })
        {
            SetClock(clock, seconds);
            await fleet.SwingAsync(2);
        }

        (await fleet.EndAsync()).AssertPromisesHold();
    }

    /// <summary>
    /// A node whose clock is more than five seconds from Redis' is not ready, since it would judge expiry wrongly: one that starts so, and one
    /// whose clock is set while it serves. In between, the promise holds on it as on any other.
    /// </summary>
    [Fact]
    public async Task ClockFarFromRedis_KeepsANodeFromBeingReady_UntilItIsSet()
    {
        using var directory = new TemporaryDirectory();
        string clock = directory.File("clock"), real = directory.File("real");
        SetClock(clock, "7");
        SetClock(real, "0");
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            RedisPort = redis.Port,
            AlterationOf = _ => Conditions.MovableClock,
            SettingsOf = node => [(Conditions.ClockFileVariable, node < 2 ? real : clock)],
        });
        await fleet.BeginAsync();
        FleetNode apart = await fleet.AddNodeAsync(waits: false);
        await apart.SaysAsync(HttpStatusCode.ServiceUnavailable, "\"clock\":\"off\"");
        foreach ((string seconds, bool near) in new[] { ("4", true), ("-7", false), ("-4", true), ("7", false), ("0", true) })
        {
            SetClock(clock, seconds);
            await apart.SaysAsync(near ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, near ? "\"clock\":\"in_step\"" : "\"clock\":\"off\"");
            await fleet.SwingAsync(1);
        }

        await fleet.Nodes[0].SaysAsync(HttpStatusCode.OK, "\"clock\":\"in_step\"");
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    private static void SetClock(string file, string seconds)
    {
        File.WriteAllText(file + ".new", seconds);
        File.Move(file + ".new", file, overwrite: true);
    }
}
