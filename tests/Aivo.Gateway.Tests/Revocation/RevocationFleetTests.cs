using System.Diagnostics;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>Several nodes on one real Redis: what holds when an end is confirmed, and after Redis has lost writes.</summary>
public sealed class RevocationFleetTests(RedisServer server, ITestOutputHelper output)
{
    [Fact]
    public async Task ConfirmedEnd_IsKnownToEveryNode()
    {
        string prefix = RedisServer.NewKeyPrefix();
        await using FleetNode first = await FleetNode.StartAsync(server.Configuration, prefix);
        await using FleetNode second = await FleetNode.StartAsync(server.Configuration, prefix);
        await using FleetNode third = await FleetNode.StartAsync(server.Configuration, prefix);
        FleetNode[] nodes = [first, second, third];
        var took = new List<double>();
        for (int i = 0; i < 40; i++)
        {
            SessionId id = await first.BeginSessionAsync((ushort)(i % FleetNode.Options.Shards));
            var watch = Stopwatch.StartNew();
            await nodes[i % nodes.Length].EndAsync(id);
            took.Add(watch.Elapsed.TotalMilliseconds);
            Assert.All(nodes, node => Assert.True(node.Replicas.IsRevoked(id), "a node would let it pass"));
        }

        took.Sort();
        output.WriteLine($"an end with three nodes: p50 {took[took.Count / 2]:F1} ms, slowest {took[^1]:F1} ms");
    }

    [Fact]
    public async Task ManyEndsAtOnce_AreConfirmedTogether()
    {
        string prefix = RedisServer.NewKeyPrefix();
        await using FleetNode first = await FleetNode.StartAsync(server.Configuration, prefix);
        await using FleetNode second = await FleetNode.StartAsync(server.Configuration, prefix);
        SessionId[] ids = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => first.BeginSessionAsync((ushort)(i % FleetNode.Options.Shards))));
        LogCommit[] commits = await Task.WhenAll(ids.Select(second.CommitEndAsync));
        await second.ConfirmAsync(commits);
        Assert.All(ids, id => Assert.True(first.Replicas.IsRevoked(id)));
    }

    [Fact]
    public async Task RepeatedEnd_KeepsItsNumber()
    {
        await using FleetNode node = await FleetNode.StartAsync(server.Configuration, RedisServer.NewKeyPrefix());
        SessionId id = await node.BeginSessionAsync(0);
        LogCommit once = await node.CommitEndAsync(id);
        Assert.True((await node.CommitEndAsync(await node.BeginSessionAsync(0))).Number > once.Number);
        LogCommit again = await node.CommitEndAsync(id);
        Assert.Equal(once.Number, again.Number);
        await node.ConfirmAsync(again);
    }

    [Fact]
    public async Task NodeThatIsGoneWithoutAWord_MakesOneEndSlow_AndNoMore()
    {
        await using FleetNode node = await FleetNode.StartAsync(server.Configuration, RedisServer.NewKeyPrefix());
        await node.SpeakAsAsync("gone");
        var watch = Stopwatch.StartNew();
        await node.EndAsync(await node.BeginSessionAsync(0));
        Assert.True(watch.Elapsed >= FleetNode.Options.Lease, "its lease may not have been over");
        await Eventually.TrueAsync(
            async () => await node.RunAsync("return redis.call('HEXISTS', KEYS[4], 'gone')") == 0, () => "its lease field stays");
        LogCommit next = await node.CommitEndAsync(await node.BeginSessionAsync(0));
        Assert.Equal([node.State.Node], next.Leases.Select(field => field.Node));
    }

    [Fact]
    public async Task NodeThatStopsInOrder_LeavesNoLeaseField()
    {
        string prefix = RedisServer.NewKeyPrefix();
        await using FleetNode node = await FleetNode.StartAsync(server.Configuration, prefix);
        await using FleetNode other = await FleetNode.StartAsync(server.Configuration, prefix);
        await Eventually.TrueAsync(async () => await node.RunAsync("return redis.call('HLEN', KEYS[4])") == 2, () => "a node has no lease field");
        await other.StopAsync();
        Assert.Equal(0, await node.RunAsync("return redis.call('HEXISTS', KEYS[4], ARGV[1])", other.State.Node));
    }

    [Fact]
    public async Task RestartThatLostAnEnd_HasItWrittenBack_WithItsTombstone_AndAccessTokensHold()
    {
        await using LocalRedis redis = await LocalRedis.StartWithSnapshotsAsync();
        await using FleetNode node = await FleetNode.StartAsync(redis.Configuration, "test");
        SessionId lost = await node.BeginSessionAsync(1);
        SessionId kept = await node.BeginSessionAsync(1);
        long since = node.State.SinceOf(1);
        await redis.CommandAsync("SAVE");
        await node.EndAsync(lost);
        await redis.KillAsync();
        await redis.RestartAsync();

        // Once in each shard at the start, and once more.
        int opened = 2 * FleetNode.Options.Shards;
        await Eventually.TrueAsync(() => node.Events.Events.Count(name => name == "RevocationEpochOpened") == opened, () => "no new epoch has opened");
        await node.UntilFreshAsync();
        Assert.True(await node.HasEndedAsync(lost), "the session could go on");
        Assert.False(await node.HasEndedAsync(kept));
        Assert.Equal(since, node.State.SinceOf(1));

        await using FleetNode joining = await FleetNode.StartAsync(redis.Configuration, "test");
        Assert.True(joining.Replicas.IsRevoked(lost));
        Assert.False(joining.Replicas.IsRevoked(kept));
    }

    [Fact]
    public async Task EndWhoseLogIsGone_IsNotConfirmed_AndTokensFromBeforeAreRefused()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using FleetNode node = await FleetNode.StartAsync(redis.Configuration, "test");
        SessionId id = await node.BeginSessionAsync(0);
        long since = node.State.SinceOf(0);
        LogCommit commit = await node.CommitEndAsync(id);
        await redis.CommandAsync("FLUSHALL");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.ConfirmAsync(commit));

        await Eventually.TrueAsync(() => node.State.SinceOf(0) > since, () => "tokens from before the loss still hold");
        await node.UntilFreshAsync();
        await node.EndAsync(id);
        await using FleetNode joining = await FleetNode.StartAsync(redis.Configuration, "test");
        Assert.True(joining.Replicas.IsRevoked(id));
    }
}
