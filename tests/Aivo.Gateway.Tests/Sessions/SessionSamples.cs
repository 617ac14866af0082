using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>Values that the tests of this folder share.</summary>
internal static class SessionSamples
{
    public static readonly DateTimeOffset Noon = new(2031, 5, 6, 12, 0, 0, 123, TimeSpan.Zero);

    public static readonly TimeSpan Retention = TimeSpan.FromMinutes(17);

    public static readonly UserId User = new(Guid.Parse("7d0a4c0e-54c4-4b0c-8f3f-0d9a4f7a9f10"));

    public static readonly TenantId Tenant = new(Guid.Parse("1b7e0f0a-4b1f-4a55-9a39-6c1b7b0f4a21"));

    public static readonly SessionClient Client = new("Ana's tablet", "203.0.113.9", "Browser/1.0");

    public static readonly SessionsOptions Options = new()
    {
        IdleLifetime = TimeSpan.FromDays(7),
        AbsoluteLifetime = TimeSpan.FromDays(30),
        MaxHold = TimeSpan.FromSeconds(5),
        ClientTimeout = TimeSpan.FromSeconds(10),
    };

    public static SessionRecord NewRecord(DateTimeOffset? now = null) =>
        SessionLifecycle.Create(SessionId.Create(0), User, Tenant, Client, LeafLabels.CreateRoot(), "key-1", now ?? Noon, Options);

    /// <summary>A session that has begun, in two calls to the store; logins do it in one, with the index (<see cref="SessionLogins"/>).</summary>
    public static async Task<SessionRecord> StoreNewAsync(ISessionStore store, CancellationToken cancellationToken)
    {
        SessionId id = SessionId.Create(0);
        DateTimeOffset now = (await store.ReadAsync(id, cancellationToken)).Now;
        SessionRecord record = SessionLifecycle.Create(id, User, Tenant, Client, LeafLabels.CreateRoot(), "key-1", now, Options);
        var write = new SessionWrite(SessionRecordCodec.Encode(record), record.AbsoluteEnd + Retention, []);
        Assert.True((await store.CommitAsync(id, null, write, cancellationToken)).Committed);
        return record;
    }

    public static PresentedToken TokenOf(SessionRecord record) => new(
        record.Id, record.Live.Number, record.Live.Label, DateTimeOffset.FromUnixTimeSeconds(record.Live.Issued.ToUnixTimeSeconds()));

    public static SessionTransactions Transactions(ISessionStore store) =>
        new(store, Options, Retention, TestMetrics.Create(), NullLogger<SessionTransactions>.Instance);

    public static ValueTask<UserStanding> Active(UserId user, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new UserStanding(true, Tenant));

    public static ValueTask<UserStanding> Inactive(UserId user, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new UserStanding(false, Tenant));

    /// <summary>A connection with time enough for a busy machine; tests of the bound set their own.</summary>
    public static RedisConnection ConnectTo(string configuration, string keyPrefix, TimeSpan? timeout = null)
    {
        var options = new RedisOptions
        {
            Configuration = configuration,
            KeyPrefix = keyPrefix,
            ConnectTimeout = timeout ?? TimeSpan.FromSeconds(10),
            CommandTimeout = timeout ?? TimeSpan.FromSeconds(10),
            Tls = false,
            CaFile = null,
        };
        return new RedisConnection(options, new RedisServers(options, NullLogger<RedisServers>.Instance), NullLogger<RedisConnection>.Instance);
    }
}
