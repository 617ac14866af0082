using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>What happens between one node and Redis, while the other node reaches it.</summary>
[Collection(FaultSuite.Name)]
public sealed class NetworkFaultTests
{
    [Fact]
    public Task OneNodeCutOff() => RunAsync(relay => relay.Cut());

    /// <summary>Nothing tells the node: it stops at the end of its lease, by itself.</summary>
    [Fact]
    public Task OneNodeCutOffInSilence() => RunAsync(relay => relay.Silence());

    [Fact]
    public async Task OneNodeHearsLate()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        fleet.Nodes[1].Relay!.DelayReplies(TimeSpan.FromMilliseconds(300));
        await fleet.SwingAsync(4);
        fleet.Nodes[1].Relay!.Mend();
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task ConnectionsClosedByRedis()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        foreach (string type in new[] { "pubsub", "normal", "pubsub" })
        {
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
            await fleet.SwingAsync(1);
        }

        (await fleet.EndAsync()).AssertPromisesHold();
    }

    private static async Task RunAsync(Action<TcpRelay> fault)
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        fault(fleet.Nodes[1].Relay!);
        await fleet.StaleAsync(fleet.Nodes[1]);

        // The other goes on, and ends sessions.
        long stale = TimeProvider.System.GetTimestamp();
        int ended = fleet.Judge.LoggedOut;
        await Eventually.TrueAsync(
            () => fleet.Judge.HasServedSince(0, stale) && fleet.Judge.LoggedOut >= ended + 2, () => "the node that reaches Redis does not go on");
        Assert.False(fleet.Judge.HasServedSince(1, stale), "the node that does not reach Redis serves");
        fleet.Nodes[1].Relay!.Mend();
        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
