using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>A suite that cannot fail shows nothing: here the promise is broken on purpose, in real processes, and the judge has to say so.</summary>
[Collection(FaultSuite.Name)]
public sealed class BrokenPromiseTests
{
    /// <summary>A 204 that does not wait for the others, and a node that hears of the end a little late.</summary>
    [Fact]
    public async Task AnswerThatWaitsForNobody_IsFound()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            RedisPort = redis.Port,
            After204 = TimeSpan.Zero,
            SettingsOf = _ => [("Revocation:Confirm", "false")],
        });
        await fleet.BeginAsync();
        fleet.Nodes[1].Relay!.DelayReplies(TimeSpan.FromMilliseconds(300));
        await fleet.SwingAsync(8);
        FleetResult result = await fleet.EndAsync();
        Assert.Contains(result.Violations, violation => violation.StartsWith("V1: node 1", StringComparison.Ordinal));
        Assert.DoesNotContain(result.Violations, violation => !violation.StartsWith("V1: node 1", StringComparison.Ordinal));
    }

    /// <summary>A request that is long on its way through the gateway, and a session that ends meanwhile.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(BrokenRules.CheckNotLast)]
    public async Task CheckThatDoesNotComeLast_IsFound(string broken)
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions
        {
            RedisPort = redis.Port,
            Sessions = 1,
            AlterationOf = _ => broken,

            // Or the end of the session would abort the request that waits, whatever its check says.
            SettingsOf = _ => [("Revocation:InFlight", "Finish")],
        });
        LoadClient client = fleet.Clients[0];
        Task<(HttpStatusCode? Status, string Body)> slow = LoadClient.SendAsync(
            fleet.Nodes[1], HttpMethod.Get, $"/demo{Conditions.SlowPath}1", client.Pair!.AccessToken, null, TimeSpan.FromSeconds(20));
        await fleet.Nodes[1].Process.LogLineAsync(Conditions.SlowLine);
        Assert.Equal(HttpStatusCode.NoContent, await client.LogoutAsync(fleet.Nodes[0]));
        HttpStatusCode? answer = (await slow).Status;

        IReadOnlyList<string> violations = fleet.Judge.Violations(fleet.Received);
        if (broken == "")
        {
            Assert.Equal(HttpStatusCode.Unauthorized, answer);
            Assert.Empty(violations);
        }
        else
        {
            Assert.StartsWith("V1: node 1", Assert.Single(violations), StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Node 1 hears every reply late. Counted from the reply, its lease reaches beyond the moment at which the other has waited for it long
    /// enough.
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData(nameof(LeaseRules.CountsFromSending))]
    [InlineData(nameof(LeaseRules.WaitsForSilentNodes))]
    public async Task LeaseThatCountsFromTheReply_IsFound(string broken)
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, AlterationOf = _ => broken });
        await fleet.BeginAsync();
        fleet.Nodes[1].Relay!.DelayReplies(TimeSpan.FromMilliseconds(700));
        await fleet.SwingOnAsync([fleet.Nodes[0]], 12);
        fleet.Nodes[1].Relay!.Mend();
        AssertFound(broken, "V1: node 1", await fleet.EndAsync());
    }

    /// <summary>Redis loses the last ends, and nobody writes them back.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(BrokenRules.NoRestoring)]
    public async Task EndsThatNobodyWritesBack_AreFound(string broken)
    {
        await using LocalRedis redis = await LocalRedis.StartWithSnapshotsAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port, LosesSessions = true, AlterationOf = _ => broken });
        await fleet.BeginAsync();
        await redis.CommandAsync("SAVE");
        await fleet.SwingAsync(6);
        await redis.KillAsync();
        await redis.RestartAsync();

        // Who was there still knows; who comes now has what is in Redis.
        await fleet.Nodes[1].KillAsync();
        await fleet.Nodes[1].StartAsync();
        if (broken != "")
        {
            await Eventually.TrueAsync(() => fleet.Judge.Violations(fleet.Received).Any(), () => "no session that has ended came back");
        }

        AssertFound(broken, "V", await fleet.EndAsync());
    }

    private static void AssertFound(string broken, string promise, FleetResult result)
    {
        if (broken == "")
        {
            result.AssertPromisesHold();
        }
        else
        {
            Assert.Contains(result.Violations, violation => violation.StartsWith(promise, StringComparison.Ordinal));
        }
    }
}
