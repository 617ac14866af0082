using System.Collections.Immutable;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>
/// Random histories of one user on three nodes: log-ins in two steps (before the password, after it), refreshes, ends, and "all" and
/// "others" with anything between their steps. What must hold is said in terms of what began and ended when, not of epochs.
/// </summary>
public sealed class SessionEpochHistoryTests(RedisServer server)
{
    private const int Nodes = 3;

    private enum Act
    {
        BeginLogin,
        FinishLogin,
        Sync,
        Refresh,
        Delete,
        All,
        Others,
    }

    /// <param name="Which">Picks a log-in under way, or a session.</param>
    /// <param name="During">What happens before one of the step's commits.</param>
    private sealed record Step(Act Act, int Node, int Which, Step[] During);

    private static readonly Gen<Act> AnyAct = Gen.Frequency(
        (5, Gen.Const(Act.BeginLogin)), (5, Gen.Const(Act.FinishLogin)), (4, Gen.Const(Act.Sync)), (4, Gen.Const(Act.Refresh)),
        (1, Gen.Const(Act.Delete)), (2, Gen.Const(Act.All)), (1, Gen.Const(Act.Others)));

    private static readonly Gen<Step> PlainStep = Gen.Select(AnyAct, Gen.Int[0, Nodes - 1], Gen.Int[0, 9])
        .Select((act, node, which) => new Step(act, node, which, []));

    private static readonly Gen<Step[]> Histories = Gen.Select(PlainStep, PlainStep.Array[0, 5])
        .Select((step, during) => step with { During = during })
        .Array[1, 25];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task NothingThatBeganBeforeAll_SurvivesIt_AndLaterLoginsStand_InMemory() => Histories.SampleAsync(async steps =>
    {
        var store = new InMemorySessionStore(new FakeTimeProvider(Noon));
        await new History(store, store, () => ValueTask.FromResult(store.Position)).RunAsync(steps);
    }, iter: 3000);

    [Fact]
    public async Task NothingThatBeganBeforeAll_SurvivesIt_AndLaterLoginsStand_OnRedis()
    {
        string prefix = RedisServer.NewKeyPrefix();
        int number = 0;
        await Histories.SampleAsync(async steps =>
        {
            await using RedisConnection redis = ConnectTo(server.Configuration, $"{prefix}:{Interlocked.Increment(ref number)}");
            LogEpochs epochs = await OpenEpochs.OfAsync(redis);
            await new History(new RedisSessionStore(redis, epochs), new RedisSessionIndex(redis, epochs), async () =>
            {
                var n = (string?)await redis.EvaluateAsync("return redis.call('HGET', KEYS[1], 'n')", [redis.Keys.RevocationMeta(0)], [], Token);
                return new LogPosition(epochs.Require(0), long.Parse(n!, System.Globalization.CultureInfo.InvariantCulture));
            }).RunAsync(steps);
        }, iter: 60, threads: 2);
    }

    [Fact]
    public async Task WithoutTheEpoch_ALoginUnderWaySurvivesAll()
    {
        Step[] overtaken = [new Step(Act.BeginLogin, 0, 0, []), new Step(Act.All, 1, 0, []), new Step(Act.FinishLogin, 0, 0, [])];
        var store = new InMemorySessionStore(new FakeTimeProvider(Noon));
        await new History(store, store, () => ValueTask.FromResult(store.Position)).RunAsync(overtaken);

        var another = new InMemorySessionStore(new FakeTimeProvider(Noon));
        var survives = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() =>
            new History(another, new WithoutEpoch(another), () => ValueTask.FromResult(another.Position)).RunAsync(overtaken));
        Assert.Contains("began before the raise stands", survives.Message, StringComparison.Ordinal);
    }

    private sealed class History
    {
        private readonly ObservedStore _store;
        private readonly ISessionIndex _index;
        private readonly Func<ValueTask<LogPosition>> _now;
        private readonly SessionTransactions _transactions;
        private readonly UserSessions _sessions;
        private readonly LogPosition[] _positions = new LogPosition[Nodes];
        private readonly List<(LogPosition Position, int BeganAt)> _underWay = [];
        private readonly List<(SessionRecord Record, int BeganAt)> _begun = [];
        private readonly HashSet<SessionId> _ended = [];
        private int _time;
        private int _lastRaise = -1;

        public History(ISessionStore store, ISessionIndex index, Func<ValueTask<LogPosition>> now)
        {
            (_store, _index, _now) = (new ObservedStore(store), index, now);
            _transactions = Transactions(_store);
            _sessions = new UserSessions(_store, index, _transactions, Options, NullLogger<UserSessions>.Instance);
        }

        public async Task RunAsync(Step[] steps)
        {
            for (int node = 0; node < Nodes; node++)
            {
                _positions[node] = await _now();
            }

            foreach (Step step in steps)
            {
                // Acts once, between a read and its commit, wherever that comes first within the step.
                _store.BeforeCommit = async () =>
                {
                    _store.BeforeCommit = null;
                    foreach (Step during in step.During)
                    {
                        await ActAsync(during);
                    }
                };
                await ActAsync(step);
                _store.BeforeCommit = null;
                await AssertEndsHoldAsync();
            }

            // After the last word of "all", a log-in that begins anew on a node that has read the log since stands at its first attempt.
            Assert.NotNull(await BeginAsync(await _now()));
        }

        private async Task ActAsync(Step step)
        {
            int now = ++_time;
            switch (step.Act)
            {
                case Act.BeginLogin:
                    _underWay.Add((_positions[step.Node], now));
                    break;
                case Act.FinishLogin when _underWay.Count > 0:
                    (LogPosition position, int began) = _underWay[step.Which % _underWay.Count];
                    _underWay.Remove((position, began));
                    if (await BeginAsync(position) is { } begun)
                    {
                        Assert.True(began > _lastRaise, "A log-in that began before the raise stands.");
                        _begun.Add((begun.Record, began));
                    }

                    break;
                case Act.Sync:
                    _positions[step.Node] = await _now();
                    break;
                case Act.Refresh when _begun.Count > 0:
                    SessionRecord record = _begun[step.Which % _begun.Count].Record;
                    await _transactions.RefreshAsync(TokenOf((await _sessions.FindAsync(record.Id, Token)).Record ?? record), "key-1", Active, Token);
                    break;
                case Act.Delete when _begun.Count > 0:
                    SessionId removed = _begun[step.Which % _begun.Count].Record.Id;
                    await _transactions.EndAsync(removed, EndReason.Removed, Token);
                    _ended.Add(removed);
                    break;
                case Act.All or Act.Others:
                    SessionId? except = step.Act == Act.Others && _begun.Count > 0 ? _begun[step.Which % _begun.Count].Record.Id : null;
                    SessionId[] before = [.. _begun.Select(session => session.Record.Id).Where(id => id != except)];
                    _lastRaise = now;
                    await _sessions.EndAsync(User, 0, except, null, EndReason.LogoutAll, (_, _) => { }, Token);
                    _ended.UnionWith(before);
                    break;
            }
        }

        private Task<BegunSession?> BeginAsync(LogPosition position) =>
            new SessionLogins(_index, Options, Retention, () => [position], () => Noon).BeginAsync(User, Tenant, Client, "key-1", 0, position, Token);

        private async Task AssertEndsHoldAsync()
        {
            HashSet<SessionId> live = [.. (await _sessions.ListAsync(User, 0, Token)).Select(record => record.Id)];
            Assert.Empty(live.Intersect(_ended));
            Assert.Equal(_begun.Select(session => session.Record.Id).Except(_ended).ToHashSet(), live);
        }
    }

    /// <summary>The rule switched off: every position counts as the present one.</summary>
    private sealed class WithoutEpoch(InMemorySessionStore inner) : ISessionIndex
    {
        public ValueTask<CreateResult> CreateAsync(NewSession session, LogPosition verifiedAt, int mostSessions, CancellationToken cancellationToken) =>
            inner.CreateAsync(session, inner.Position, mostSessions, cancellationToken);

        public ValueTask<RaisedEpoch> RaiseAsync(UserId user, ushort shard, CancellationToken cancellationToken) => inner.RaiseAsync(user, shard, cancellationToken);

        public ValueTask<ImmutableArray<IndexedSession>> ReadIndexAsync(UserId user, ushort shard, CancellationToken cancellationToken) =>
            inner.ReadIndexAsync(user, shard, cancellationToken);

        public ValueTask<TenantPage> ReadTenantAsync(TenantId tenant, ushort shard, long cursor, CancellationToken cancellationToken) =>
            inner.ReadTenantAsync(tenant, shard, cursor, cancellationToken);

        public ValueTask DropAsync(UserId user, ushort shard, ImmutableArray<SessionId> ids, CancellationToken cancellationToken) =>
            inner.DropAsync(user, shard, ids, cancellationToken);
    }
}
