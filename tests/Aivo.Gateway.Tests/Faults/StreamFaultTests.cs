using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// What lasts, while Redis or the way to it fails under load: it ends with its session on every node that can know, after five leases
/// on one that cannot, and never for less.
/// </summary>
[Collection(FaultSuite.Name)]
public sealed class StreamFaultTests
{
    [Fact]
    public async Task StreamsOfSessionsThatEnd_AndOfANodeThatIsCutOff()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using StreamDestination destination = await StreamDestination.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, SettingsOf = _ => destination.Route });
        using var first = new SessionStreams(fleet, destination, 101);
        using var second = new SessionStreams(fleet, destination, 102);
        using var third = new SessionStreams(fleet, destination, 103);
        using var kept = new SessionStreams(fleet, destination, 104);
        await fleet.BeginAsync();
        SessionStreams[] all = [first, second, third, kept];
        foreach (SessionStreams session in all)
        {
            await session.OpenAsync();
        }

        await first.AssertCutByLogoutAsync([.. first.On(0), .. first.On(1)], await first.LogoutAsync(fleet.Nodes[0]));
        await second.AssertCutByLogoutAsync([.. second.On(0), .. second.On(1)], await second.LogoutAsync(fleet.Nodes[1]));
        await kept.AssertGoOnAsync();

        long away = TimeProvider.System.GetTimestamp();
        fleet.Nodes[1].Relay!.Cut();
        await third.AssertCutByLogoutAsync(third.On(0), await third.LogoutAsync(fleet.Nodes[0]));
        await SessionStreams.AssertCutForWantOfALeaseAsync([.. third.On(1), .. kept.On(1)], away);
        await kept.AssertGoOnAsync(kept.On(0));
        fleet.Nodes[1].Relay!.Mend();
        await kept.LogoutAsync(fleet.Nodes[0]);
        (await fleet.EndAsync()).AssertPromisesHold();
    }

    [Fact]
    public async Task StreamsWhileRedisIsAway()
    {
        await using LocalRedis redis = await LocalRedis.StartDurableAsync();
        await using StreamDestination destination = await StreamDestination.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, SettingsOf = _ => destination.Route });
        using var lasting = new SessionStreams(fleet, destination, 101);
        using var later = new SessionStreams(fleet, destination, 102);
        await fleet.BeginAsync();
        await lasting.OpenAsync();

        // For longer than a lease, so that requests are put off; streams outlast it.
        await redis.PauseAsync();
        foreach (FleetNode node in fleet.Nodes)
        {
            await node.SaysAsync(HttpStatusCode.ServiceUnavailable, "\"revocation\":\"stale\"");
        }

        await redis.ResumeAsync();
        await fleet.SwingAsync(1);
        await lasting.AssertGoOnAsync();

        long away = TimeProvider.System.GetTimestamp();
        await redis.KillAsync();
        await SessionStreams.AssertCutForWantOfALeaseAsync([.. lasting.On(0), .. lasting.On(1)], away);
        await redis.RestartAsync();
        await fleet.SwingAsync(1);
        await later.OpenAsync();
        await later.AssertCutByLogoutAsync([.. later.On(0), .. later.On(1)], await later.LogoutAsync(fleet.Nodes[1]));
        (await fleet.EndAsync()).AssertPromisesHold();
    }
}
