using Aivo.Gateway.Endpoints;
using Aivo.Gateway.Hosting;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Sessions;
using Aivo.Gateway.Tokens;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>What a gateway does about revocations, with connections of its own: several of them in one process make a fleet.</summary>
internal sealed class FleetNode : IAsyncDisposable
{
    public static readonly RevocationOptions Options = new()
    {
        SyncInterval = TimeSpan.FromMilliseconds(100),
        Lease = TimeSpan.FromSeconds(1),
        Shards = 2,
    };

    private readonly RevocationOptions _options;
    private readonly RedisRevocations _redis;
    private readonly RevocationDriver _driver;
    private readonly SyncAcknowledgements _acknowledgements;
    private readonly SessionTransactions _transactions;

    private FleetNode(string configuration, string prefix, RevocationOptions options)
    {
        _options = options;
        _redis = new RedisRevocations(configuration, prefix, options: options);
        Replicas = new RevocationReplicas(options.Shards, static () => new RevocationReplica());
        State = new RevocationState(TimeProvider.System, options.Shards);
        var epochs = new LogEpochs(options.Shards);
        Index = new RedisSessionIndex(_redis.Redis, epochs);
        Store = new RedisSessionStore(_redis.Redis, epochs);
        _transactions = SessionSamples.Transactions(Store);
        _acknowledgements = new SyncAcknowledgements(State, new RequestsInFlight(), options, TimeProvider.System, TestMetrics.Create());
        var restored = new EndedSessions(Store, _transactions);
        _driver = new RevocationDriver(
            Enumerable.Range(0, options.Shards).Select(shard => new ShardSync(
                (ushort)shard, _redis.Log, Replicas[(ushort)shard], State, _acknowledgements, restored.RestoreAsync,
                (followed, epoch) => epochs[followed] = epoch, options, TimeProvider.System, Events)),
            _redis.Log, Replicas, State, _acknowledgements, options, TimeProvider.System, NullLogger<RevocationDriver>.Instance);
    }

    public RevocationReplicas Replicas { get; }

    public RevocationState State { get; }

    public EventRecorder<ShardSync> Events { get; } = new();

    public RedisSessionStore Store { get; }

    public RedisSessionIndex Index { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="options">Those of the other nodes; null for <see cref="Options"/>.</param>
    public static async Task<FleetNode> StartAsync(string configuration, string prefix, RevocationOptions? options = null)
    {
        var node = new FleetNode(configuration, prefix, options ?? Options);
        await node._driver.StartAsync(Cancellation);
        await node.UntilFreshAsync();
        return node;
    }

    public Task UntilFreshAsync() => Eventually.TrueAsync(() => State.IsFresh, () => $"the node is {State.Status}");

    /// <summary>Stores a session that has begun.</summary>
    public async Task<SessionId> BeginSessionAsync(ushort shard)
    {
        SessionId id = SessionId.Create(shard);
        DateTimeOffset now = (await Store.ReadAsync(id, Cancellation)).Now;
        SessionRecord record = SessionLifecycle.Create(
            id, SessionSamples.User, SessionSamples.Tenant, SessionSamples.Client, LeafLabels.CreateRoot(), "key-1", now, SessionSamples.Options);
        var write = new SessionWrite(SessionRecordCodec.Encode(record), record.AbsoluteEnd, []);
        Assert.True((await Store.CommitAsync(id, null, write, Cancellation)).Committed);
        return id;
    }

    /// <summary>Whether the store holds the session's tombstone.</summary>
    public async Task<bool> HasEndedAsync(SessionId id) =>
        SessionRecordCodec.TryDecode(id, (await Store.ReadAsync(id, Cancellation)).Bytes, out SessionRecord? record, out _) && record?.End is not null;

    public async Task<LogCommit> CommitEndAsync(SessionId id)
    {
        SessionResult<EndOutcome> end = await _transactions.EndAsync(id, EndReason.Logout, Cancellation);
        Replicas.Apply(id.Shard, end.Revocations);
        return end.Log!;
    }

    /// <summary>Logs a user in, and returns the session.</summary>
    /// <param name="verifiedAt">Where the log stood before the password was verified; null for now.</param>
    public async Task<SessionRecord?> LogInAsync(UserId user, TenantId tenant, LogPosition? verifiedAt = null)
    {
        ushort shard = user.ShardOf(_options.Shards);
        var logins = new SessionLogins(
            Index, SessionSamples.Options, RevocationOptions.Retention, State.Positions, () => TimeProvider.System.GetUtcNow() + State.ClockOffset);
        BegunSession? begun = await logins.BeginAsync(user, tenant, SessionSamples.Client, "key-1", shard, verifiedAt ?? State.Positions()[shard]!, Cancellation);
        return begun?.Record;
    }

    public Task<SessionResult<RefreshOutcome>> RefreshAsync(SessionRecord record, TenantId tenant) => _transactions.RefreshAsync(
        SessionSamples.TokenOf(record), "key-1", (_, _) => ValueTask.FromResult(new UserStanding(true, tenant)), Cancellation);

    public AdministrativeEnds Ends(SigningKeyRing signingKeys)
    {
        var users = new UserSessions(Store, Index, _transactions, SessionSamples.Options, NullLogger<UserSessions>.Instance);
        var audit = new AuditLog(NullLogger<AuditLog>.Instance);
        return new AdministrativeEnds(
            new SessionEndings(_transactions, users, Replicas, _acknowledgements, audit), Index, State, _acknowledgements,
            new KeyRevocations(State, Replicas, TimeProvider.System, _redis.Log), signingKeys, audit);
    }

    public Task ConfirmAsync(params LogCommit[] commits) => _acknowledgements.WaitAsync(commits, Cancellation);

    /// <summary>As a log-out does it: returns when it would answer 204.</summary>
    public async Task EndAsync(SessionId id) => await ConfirmAsync(await CommitEndAsync(id));

    /// <summary>Runs a script with the keys meta, numbers, keep and leases of shard 0.</summary>
    public async Task<long> RunAsync(string script, params StackExchange.Redis.RedisValue[] values) => (long)await _redis.RunAsync(script, values);

    /// <summary>A sync in the name of another node of shard 0, which then says nothing more.</summary>
    public async Task SpeakAsAsync(string node) => Assert.Equal(
        SyncOutcome.Read, (await _redis.SyncAsync(State.Positions()[0]!.Epoch, applied: State.Positions()[0]!.Number, node: node)).Outcome);

    public Task StopAsync() => _driver.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _driver.Dispose();
        await _redis.DisposeAsync();
    }
}
