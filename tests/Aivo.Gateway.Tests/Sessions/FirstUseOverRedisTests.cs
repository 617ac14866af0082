using System.Globalization;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class FirstUseOverRedisTests
{
    [Fact]
    public async Task FullBatch_IsOneReadAndACommitEach_AndOnceMarked_OneReadAlone()
    {
        await using LocalRedis server = await LocalRedis.StartAsync();
        await using RedisConnection redis = SessionSamples.ConnectTo(server.Configuration, "test");
        await using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync(server.Configuration + ",allowAdmin=true");
        var store = new RedisSessionStore(redis, OpenEpochs.Of(redis));
        SessionRecord[] sessions = await MarksUnderTest.SessionsAsync(store, FirstUseMarks.MostAtOnce);
        long before = await ScriptCallsAsync(admin);

        Assert.Equal((256, 0), await WrittenAndIgnoredAsync(store, sessions));
        long marked = await ScriptCallsAsync(admin);
        Assert.Equal((0, 256), await WrittenAndIgnoredAsync(store, sessions));
        long again = await ScriptCallsAsync(admin);

        Assert.Equal((1 + 256, 1), (marked - before, again - marked));
        Assert.All(await Task.WhenAll(sessions.Select(session => MarksUnderTest.FirstUsedAsync(store, session))), used => Assert.NotNull(used));
    }

    private static async Task<(long Written, long Ignored)> WrittenAndIgnoredAsync(RedisSessionStore store, SessionRecord[] sessions)
    {
        await using var node = new MarksUnderTest(store);
        node.Add(sessions);
        await node.StartAsync();
        await node.StopAsync();
        return (node.Counts["written"], node.Counts["ignored"]);
    }

    /// <summary>Scripts that ran; one that Redis did not know by its hash is loaded, and counts when it runs.</summary>
    private static async Task<long> ScriptCallsAsync(ConnectionMultiplexer admin)
    {
        IGrouping<string, KeyValuePair<string, string>>[] sections = await admin.GetServers()[0].InfoAsync("commandstats");
        return sections.SelectMany(section => section)
            .Where(line => line.Key is "cmdstat_eval" or "cmdstat_evalsha")
            .Sum(line => long.Parse(line.Value.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture));
    }
}
