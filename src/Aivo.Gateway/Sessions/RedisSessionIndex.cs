using System.Collections.Immutable;
using System.Globalization;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Sessions;

/// <summary>The index in Redis: one hash a user, beside the records of the same shard. Every method is one call.</summary>
internal sealed class RedisSessionIndex(RedisConnection redis, LogEpochs epochs) : ISessionIndex
{
    /// <summary>For how long a raise is kept for a user without sessions: longer than any log-in is worked on.</summary>
    private static readonly TimeSpan RaiseKept = TimeSpan.FromHours(1);

    /// <summary>About how many users one page of a tenant holds: some 50 microseconds of Redis' time.</summary>
    private const int TenantPageSize = 500;

    public async ValueTask<CreateResult> CreateAsync(NewSession session, LogPosition verifiedAt, int mostSessions, CancellationToken cancellationToken)
    {
        ushort shard = session.Id.Shard;
        RedisKey[] keys =
        [
            redis.Keys.RevocationMeta(shard),
            redis.Keys.Session(session.Id),
            redis.Keys.User(shard, session.User),
            redis.Keys.TenantUsers(shard, session.Tenant),
        ];
        RedisValue[] values =
        [
            verifiedAt.Epoch,
            Number(verifiedAt.Number),
            session.Bytes,
            Number(session.CollectAt.ToUnixTimeMilliseconds()),
            session.Id.ToString(),
            string.Create(CultureInfo.InvariantCulture, $"{session.CreatedAt.ToUnixTimeMilliseconds()}:{session.AbsoluteEnd.ToUnixTimeMilliseconds()}"),
            Number(session.CreatedAt.ToUnixTimeMilliseconds()),
            Number((long)ISessionIndex.ClockTolerance.TotalMilliseconds),
            session.User.ToString(),
            Number(mostSessions),
        ];
        RedisResult reply = await redis.EvaluateAsync(SessionIndexScripts.Create, keys, values, cancellationToken);
        DateTimeOffset now = Time((long)reply[1]);
        return (int)reply[0] switch
        {
            0 => new CreateResult(CreateOutcome.EpochRaised, now, []),
            1 => new CreateResult(CreateOutcome.Created, now, Entries(reply[2], shard)),
            2 => new CreateResult(CreateOutcome.ClockOff, now, []),
            3 => new CreateResult(CreateOutcome.Taken, now, []),
            _ => throw Fenced(),
        };
    }

    public async ValueTask<RaisedEpoch> RaiseAsync(UserId user, ushort shard, CancellationToken cancellationToken)
    {
        string epoch = epochs.Require(shard);
        RedisResult reply = await redis.EvaluateAsync(
            SessionIndexScripts.Raise, [redis.Keys.RevocationMeta(shard), redis.Keys.User(shard, user)],
            [epoch, Number((long)RaiseKept.TotalMilliseconds)], cancellationToken);
        return (long)reply[0] is var number and not 0
            ? new RaisedEpoch(new LogCommit(shard, epoch, number, []), Entries(reply[1], shard))
            : throw Fenced();
    }

    public async ValueTask<ImmutableArray<IndexedSession>> ReadIndexAsync(UserId user, ushort shard, CancellationToken cancellationToken) =>
        Entries(await redis.EvaluateAsync(SessionIndexScripts.ReadIndex, [redis.Keys.User(shard, user)], [], cancellationToken), shard);

    public async ValueTask DropAsync(UserId user, ushort shard, ImmutableArray<SessionId> ids, CancellationToken cancellationToken)
    {
        if (!ids.IsEmpty)
        {
            await redis.EvaluateAsync(
                SessionIndexScripts.Drop, [redis.Keys.User(shard, user)], [.. ids.Select(id => (RedisValue)id.ToString())], cancellationToken);
        }
    }

    public async ValueTask<TenantPage> ReadTenantAsync(TenantId tenant, ushort shard, long cursor, CancellationToken cancellationToken)
    {
        RedisResult page = await redis.EvaluateAsync(
            SessionIndexScripts.ReadTenant, [redis.Keys.TenantUsers(shard, tenant)], [Number(cursor), TenantPageSize], cancellationToken);
        var users = ImmutableArray.CreateBuilder<UserId>();
        foreach (string text in (string[])page[1]!)
        {
            if (UserId.TryParse(text, out UserId user))
            {
                users.Add(user);
            }
        }

        return new TenantPage(users.ToImmutable(), (long)page[0]);
    }

    /// <summary>The entries of a user's hash; its other fields are not ids.</summary>
    private static ImmutableArray<IndexedSession> Entries(RedisResult hash, ushort shard)
    {
        var fields = (string[])hash!;
        var entries = ImmutableArray.CreateBuilder<IndexedSession>(fields.Length / 2);
        for (int i = 0; i < fields.Length; i += 2)
        {
            if (SessionId.TryParse(fields[i], out SessionId id) && id.Shard == shard)
            {
                string[] times = fields[i + 1].Split(':');
                entries.Add(new IndexedSession(id, Time(long.Parse(times[0], CultureInfo.InvariantCulture)), Time(long.Parse(times[1], CultureInfo.InvariantCulture))));
            }
        }

        return entries.ToImmutable();
    }

    /// <summary>The data set is another one by now, or is being recovered.</summary>
    private static StoreUnavailableException Fenced() => new("sessions", null);

    private static RedisValue Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
