using System.Diagnostics;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>The driver on real time over a real Redis, which is killed and stopped.</summary>
public sealed class RevocationOverRedisTests(RedisServer server)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly RevocationOptions Options = new() { SyncInterval = TimeSpan.FromMilliseconds(50), Lease = TimeSpan.FromSeconds(1) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EntryAppendedByOneNode_IsRefusedByAnother()
    {
        string prefix = RedisServer.NewKeyPrefix();
        await using var writer = new RedisRevocations(server.Configuration, prefix);
        await using var node = await Node.StartAsync(server.Configuration, prefix);
        await UntilAsync(() => node.State.IsFresh);
        SessionId session = SessionId.Create(0);
        Assert.False(node.Replica.IsRevoked(session, default, null));
        await writer.AppendAsync(RevocationEntry.ForSession(session, TimeProvider.System.GetUtcNow() + RevocationOptions.Retention));
        await UntilAsync(() => node.Replica.IsRevoked(session, default, null));
    }

    [Fact]
    public async Task NodeThatStarts_IsFreshOnlyWithAllThatWasRevokedBefore()
    {
        string prefix = RedisServer.NewKeyPrefix();
        await using var writer = new RedisRevocations(server.Configuration, prefix);
        DateTimeOffset keepUntil = TimeProvider.System.GetUtcNow() + RevocationOptions.Retention;
        int count = (2 * SyncReply.MostEntries) + 10;
        await writer.AppendAsync(
            [.. Enumerable.Range(1, count).Select(id => RevocationEntry.ForSession(new SessionId((UInt128)id, 0), keepUntil))]);
        await using var node = await Node.StartAsync(server.Configuration, prefix);
        await UntilAsync(() => node.State.IsFresh);
        Assert.Equal(count, node.Replica.Count);
    }

    [Fact]
    public async Task KilledRedis_MakesTheNodeStaleWithinOneLease_AndARestartFreshAgain()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using var node = await Node.StartAsync(redis.Configuration, "test");
        await UntilAsync(() => node.State.IsFresh);
        SessionId before = SessionId.Create(0);
        node.Replica.Apply(RevocationEntry.ForSession(before, TimeProvider.System.GetUtcNow() + RevocationOptions.Retention));

        await redis.KillAsync();
        await AssertStaleWithinOneLeaseAsync(node);
        Assert.Equal("stale", node.State.Status);

        await redis.RestartAsync();
        await UntilAsync(() => node.State.IsFresh);
        Assert.True(node.Replica.IsRevoked(before, default, null));
        await using var writer = new RedisRevocations(redis.Configuration, "test");
        SessionId after = SessionId.Create(0);
        await writer.AppendAsync(RevocationEntry.ForSession(after, TimeProvider.System.GetUtcNow() + RevocationOptions.Retention));
        await UntilAsync(() => node.Replica.IsRevoked(after, default, null));
    }

    [Fact]
    public async Task StoppedRedis_MakesTheNodeStaleWithinOneLease_AndGoingOnFreshAgain()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using var node = await Node.StartAsync(redis.Configuration, "test");
        await UntilAsync(() => node.State.IsFresh);
        await redis.PauseAsync();
        await AssertStaleWithinOneLeaseAsync(node);
        await redis.ResumeAsync();
        await UntilAsync(() => node.State.IsFresh);
    }

    [Fact]
    public async Task NodeThatStartsWithoutRedis_IsNotFresh_AndBecomesSoWhenRedisIsThere()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await redis.KillAsync();
        await using var node = await Node.StartAsync(redis.Configuration, "test");
        await UntilAsync(() => node.Logger.Events.Contains("RevocationSyncFailed"));
        Assert.Equal("starting", node.State.Status);
        await redis.RestartAsync();
        await UntilAsync(() => node.State.IsFresh);
    }

    /// <summary>
    /// Holds on any machine however slow: no sync was sent after Redis was gone, so a node that says "fresh" more than one lease later is
    /// wrong, whenever it is asked.
    /// </summary>
    private static async Task AssertStaleWithinOneLeaseAsync(Node node)
    {
        long gone = TimeProvider.System.GetTimestamp();
        while (true)
        {
            long asked = TimeProvider.System.GetTimestamp();
            if (!node.State.IsFresh)
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(gone, asked) < Options.Lease, "fresh for longer than one lease without Redis");
            await Task.Delay(5, Cancellation);
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Patience, "the condition did not come true");
            await Task.Delay(5, Cancellation);
        }
    }

    private sealed class Node : IAsyncDisposable
    {
        private readonly RedisRevocations _redis;
        private readonly RevocationDriver _driver;

        private Node(string configuration, string prefix)
        {
            _redis = new RedisRevocations(configuration, prefix, commandTimeout: TimeSpan.FromSeconds(1), options: Options);
            var acknowledgements = new SyncAcknowledgements(State, new RequestsInFlight(), Options, TimeProvider.System, TestMetrics.Create());
            var replicas = new RevocationReplicas(1, () => Replica);
            var sync = new ShardSync(
                0, _redis.Log, Replica, State, acknowledgements, (_, missing, _) => Task.FromResult(missing), (_, _) => { }, Options, TimeProvider.System, Logger);
            _driver = new RevocationDriver(
                [sync], _redis.Log, replicas, State, acknowledgements, Options, TimeProvider.System, NullLogger<RevocationDriver>.Instance);
        }

        public RevocationReplica Replica { get; } = new();

        public RevocationState State { get; } = new(TimeProvider.System, 1);

        public EventRecorder<ShardSync> Logger { get; } = new();

        public static async Task<Node> StartAsync(string configuration, string prefix)
        {
            var node = new Node(configuration, prefix);
            await node._driver.StartAsync(Cancellation);
            return node;
        }

        public async ValueTask DisposeAsync()
        {
            await _driver.StopAsync(CancellationToken.None);
            _driver.Dispose();
            await _redis.DisposeAsync();
        }
    }
}
