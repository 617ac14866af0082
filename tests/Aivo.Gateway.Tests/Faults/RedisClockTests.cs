using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// V6: Redis' own wall clock is set wrong and right again. It says how long an end is kept, so one that was written before, or by the wrong
/// clock, must still be there for a node that joins when the clock is right.
/// </summary>
[Collection(FaultSuite.Name)]
public sealed class RedisClockTests
{
    /// <summary>Beyond what any end is kept for.</summary>
    private static readonly TimeSpan Far = TimeSpan.FromMinutes(20);

    [Fact]
    public async Task ClockOfRedisThatJumps()
    {
        await using LocalRedis redis = await LocalRedis.StartWithMovableClockAsync();
        await using FaultFleet fleet = await FaultFleet.StartAsync(new FleetOptions { RedisPort = redis.Port });
        var clients = new Queue<LoadClient>(fleet.Clients);
        var ended = new List<string>();

        // So far off that honest tokens are refused: no load yet.
        foreach (TimeSpan jump in new[] { Far, -Far })
        {
            ended.Add(await LogoutAsync(fleet, clients.Dequeue()));
            await redis.MoveClockAsync(jump);
            await AllSayAsync(fleet, HttpStatusCode.ServiceUnavailable, "\"clock\":\"off\"");
            ended.Add(await LogoutAsync(fleet, clients.Dequeue()));
            await redis.MoveClockAsync(TimeSpan.Zero);
            await AllSayAsync(fleet, HttpStatusCode.OK, "\"clock\":\"in_step\"");
        }

        FleetNode late = await fleet.AddNodeAsync();
        foreach (string accessToken in ended)
        {
            (HttpStatusCode? status, _) = await LoadClient.SendAsync(late, HttpMethod.Get, $"/demo/{late.Number}", accessToken, null, TimeSpan.FromSeconds(4));
            Assert.Equal(HttpStatusCode.Unauthorized, status);
        }

        await fleet.BeginAsync();

        // Not behind the machine's: a token is issued by this clock, and none may seem older than the log.
        foreach (int seconds in new[] { 20, 0, 10, 0 })
        {
            await redis.MoveClockAsync(TimeSpan.FromSeconds(seconds));
            await fleet.SwingAsync(2);
        }

        (await fleet.EndAsync()).AssertPromisesHold();
    }

    /// <returns>What was the session's access token.</returns>
    private static async Task<string> LogoutAsync(FaultFleet fleet, LoadClient client)
    {
        string accessToken = client.Pair!.AccessToken;
        Assert.Equal(HttpStatusCode.NoContent, await client.LogoutAsync(fleet.Nodes[0]));
        return accessToken;
    }

    private static async Task AllSayAsync(FaultFleet fleet, HttpStatusCode status, string check)
    {
        foreach (FleetNode node in fleet.Nodes)
        {
            await node.SaysAsync(status, check);
        }
    }
}
