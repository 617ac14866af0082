using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>Somebody changes a running Redis: what it may evict, and what the gateways may do there.</summary>
[Collection(FaultSuite.Name)]
public sealed class RedisSettingFaultTests
{
    /// <summary>
    /// A revocation that is evicted lets an ended session live on, and nobody can tell. Nodes that know of it are not ready and let
    /// nothing pass, one that only starts then among them.
    /// </summary>
    [Fact]
    public async Task EvictionPolicyChanged_AndChangedBack()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        await redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");

        // Looked at once a minute, and whenever a connection comes back.
        await CloseConnectionsAsync(redis);
        foreach (FleetNode node in fleet.Nodes)
        {
            await node.SaysAsync(HttpStatusCode.ServiceUnavailable, "\"redis\":\"evicts\"");
        }

        FleetNode late = await fleet.AddNodeAsync(waits: false);
        await late.SaysAsync(HttpStatusCode.ServiceUnavailable, "\"redis\":\"evicts\"");
        await late.SaysAsync(HttpStatusCode.ServiceUnavailable, "\"revocation\":\"fresh\"");
        await fleet.StaleAsync();
        long stale = TimeProvider.System.GetTimestamp();
        int putOff = fleet.Judge.Unavailable;
        await Eventually.TrueAsync(() => fleet.Judge.Unavailable >= putOff + 20, () => "nobody is put off");
        Assert.DoesNotContain(fleet.Nodes, node => fleet.Judge.HasServedSince(node.Number, stale));
        Assert.False(fleet.Judge.HasServedSince(late.Number, 0), "a node served that has never been ready");

        await redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await CloseConnectionsAsync(redis);
        foreach (FleetNode node in fleet.Nodes)
        {
            await node.SaysAsync(HttpStatusCode.OK, "\"redis\":\"usable\"");
        }

        (await fleet.EndAsync()).AssertPromisesHold();
    }

    /// <summary>News only make a log-out quick: it holds without them, and takes one sync interval longer and no lease.</summary>
    [Fact]
    public async Task NewsThatDoNotCome()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();

        // Again and again, so that no subscription lasts.
        int ended = fleet.Judge.LoggedOut;
        await Eventually.TrueAsync(
            async () =>
            {
                await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes");
                return fleet.Judge.LoggedOut >= ended + 6;
            },
            () => "without subscriptions nobody is logged out");

        await redis.CommandAsync("ACL", "SETUSER", "default", "-publish");
        await fleet.SwingAsync(1);
        int before = fleet.Judge.LogoutTimes.Count;
        await fleet.SwingAsync(10);
        TimeSpan[] times = [.. fleet.Judge.LogoutTimes.Skip(before).Order()];
        Assert.True(times[times.Length / 2] < FleetOptions.Lease, $"a log-out without news takes {times[times.Length / 2]}: somebody waited for a lease");

        // Redis closes the connections of those who listen where they no longer may.
        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels");
        await fleet.SwingAsync(4);
        await redis.CommandAsync("ACL", "SETUSER", "default", "allchannels", "+publish");
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    /// <summary>
    /// Without INFO in scripts nobody can name the server's data, so what there is counts as another server's: everybody reads it anew, as
    /// after a promotion, and again when the right is back.
    /// </summary>
    [Fact]
    public async Task RightToInfoTakenAway_AndGivenBack()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        await fleet.BeginAsync();
        foreach (string right in new[] { "-info", "+info" })
        {
            await redis.CommandAsync("ACL", "SETUSER", "default", right);
            await CloseConnectionsAsync(redis);
            await fleet.SwingAsync(4);
        }

        foreach (FleetNode node in fleet.Nodes)
        {
            await node.Process.LogLineAsync("\"Shortcoming\":\"info_denied\"");
            Assert.True(node.Process.Log.Count(line => line.Contains("RevocationEpochFollowed", StringComparison.Ordinal)) >= 3, "the loss of the right, and its return, each begin an epoch");
        }

        (await fleet.EndAsync()).AssertPromisesHold();
    }

    private static Task<string> CloseConnectionsAsync(LocalRedis redis) => redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
}
