using System.Diagnostics;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>Three nodes on one Redis, each with its own connection.</summary>
public sealed class SessionRaceTests(RedisServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private RedisConnection[] _connections = [];
    private ObservedStore[] _stores = [];
    private SessionTransactions[] _nodes = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        string prefix = RedisServer.NewKeyPrefix();
        _connections = [.. Enumerable.Range(0, 3).Select(_ => ConnectTo(server.Configuration, prefix))];
        _stores = [.. _connections.Select(connection => new ObservedStore(new RedisSessionStore(connection, OpenEpochs.Of(connection))))];
        _nodes = [.. _stores.Select(Transactions)];
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RedisConnection connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>SR-46.</summary>
    [Fact]
    public async Task HundredPresentationsOfOneToken_GiveOneSuccessor()
    {
        SessionRecord record = await CreateAsync();

        SessionResult<RefreshOutcome>[] results = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(number => Task.Run(() => RefreshAsync(number, record), Token))).WaitAsync(Bound, Token);

        SessionRecord successor = Assert.Single(results, result => result.Outcome == RefreshOutcome.Rotated).Record!;
        Assert.All(results, result => Assert.True(result.Outcome is RefreshOutcome.Rotated or RefreshOutcome.HandedOutAgain));
        Assert.All(results, result => Assert.Equal(successor.Live, result.Record!.Live));
        Assert.Equal(RefreshOutcome.Rotated, (await RefreshAsync(0, successor)).Outcome);
    }

    /// <summary>SR-46, and what it costs: about a read and a commit each, and under a second for all.</summary>
    [Fact]
    public async Task HundredPresentations_CostAboutTwoCallsEach_AndUnderASecond()
    {
        await using LocalRedis own = await LocalRedis.StartAsync();
        await using RedisCalls calls = await RedisCalls.ConnectAsync(own.Configuration);
        string prefix = RedisServer.NewKeyPrefix();
        RedisConnection[] connections = [.. Enumerable.Range(0, 3).Select(_ => ConnectTo(own.Configuration, prefix))];
        SessionTransactions[] nodes = [.. connections.Select(connection => Transactions(new RedisSessionStore(connection, OpenEpochs.Of(connection))))];
        SessionRecord record = await StoreNewAsync(new RedisSessionStore(connections[0], OpenEpochs.Of(connections[0])), Token);
        foreach (SessionTransactions node in nodes)
        {
            // Connected and with its scripts loaded, before anything is measured.
            record = (await node.RefreshAsync(TokenOf(record), "key-1", Active, Token)).Record!;
        }

        long before = await calls.ScriptsAsync();
        var watch = Stopwatch.StartNew();
        SessionResult<RefreshOutcome>[] results = await Task.WhenAll(Enumerable.Range(0, 100).Select(number =>
            Task.Run(() => nodes[number % 3].RefreshAsync(TokenOf(record), "key-1", Active, Token), Token))).WaitAsync(Bound, Token);
        TimeSpan elapsed = watch.Elapsed;
        long scripts = await calls.ScriptsAsync() - before;

        TestContext.Current.TestOutputHelper?.WriteLine($"{scripts} calls, {elapsed.TotalMilliseconds:F0} ms");
        Assert.All(results, result => Assert.True(result.Outcome.IsSuccess(), result.Outcome.Word()));
        Assert.Single(results.Select(result => result.Record!.Live.Label).Distinct());
        Assert.InRange(scripts, 101, 320);
        Assert.True(elapsed < TimeSpan.FromSeconds(1), elapsed.ToString());
        foreach (RedisConnection connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task Contenders_TakeAtMostOneSecondLook()
    {
        SessionRecord record = await CreateAsync();
        var everyone = new Meeting(100);
        foreach (ObservedStore store in _stores)
        {
            store.BeforeCommit = everyone.ArriveAsync;
        }

        await Task.WhenAll(Enumerable.Range(0, 100).Select(number => RefreshAsync(number, record))).WaitAsync(Bound, Token);

        // The login: one read and one commit.
        Assert.Equal((101, 101, 99), (_stores.Sum(store => store.Reads), _stores.Sum(store => store.Commits), _stores.Sum(store => store.Conflicts)));
    }

    /// <summary>R6.</summary>
    [Fact]
    public async Task EndAmongRefreshes_IsFinalOnEveryNode()
    {
        for (int round = 0; round < 20; round++)
        {
            SessionRecord record = await CreateAsync();
            Task<SessionResult<RefreshOutcome>>[] refreshes =
                [.. Enumerable.Range(0, 20).Select(number => Task.Run(() => RefreshAsync(number, record), Token))];
            Task<SessionResult<EndOutcome>>[] ends =
                [.. _nodes.Select(node => Task.Run(() => node.EndAsync(record.Id, EndReason.Logout, Token), Token))];

            SessionResult<EndOutcome>[] ended = await Task.WhenAll(ends).WaitAsync(Bound, Token);
            await Task.WhenAll(refreshes).WaitAsync(Bound, Token);

            Assert.Single(ended, result => result.Outcome == EndOutcome.Ended);
            Assert.Single(ended.Select(result => result.RevocationNumber).Distinct());
            for (int node = 0; node < 3; node++)
            {
                Assert.Equal(RefreshOutcome.Ended, (await RefreshAsync(node, ended[0].Record!)).Outcome);
            }
        }
    }

    private Task<SessionRecord> CreateAsync() => StoreNewAsync(_stores[0], Token);

    private Task<SessionResult<RefreshOutcome>> RefreshAsync(int number, SessionRecord record) =>
        _nodes[number % 3].RefreshAsync(TokenOf(record), "key-1", Active, Token);

    /// <summary>Lets nobody go on before everybody has come.</summary>
    private sealed class Meeting(int size)
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _arrived;

        public Task ArriveAsync()
        {
            if (Interlocked.Increment(ref _arrived) == size)
            {
                _complete.SetResult();
            }

            return _complete.Task;
        }
    }
}
