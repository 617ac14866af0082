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
        await File.WriteAllTextAsync(clock, "0", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(real, "0", TestContext.Current.CancellationToken);
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
            await File.WriteAllTextAsync(clock + ".new", seconds, TestContext.Current.CancellationToken);
            File.Move(clock + ".new", clock, overwrite: true);
            await fleet.SwingAsync(2);
        }

        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
