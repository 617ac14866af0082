using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

internal sealed partial class InMemorySessionStore : ISessionIndex
{
    private const string Epoch = "memory";

    private readonly Dictionary<UserId, UserState> _users = [];
    private readonly Dictionary<TenantId, HashSet<UserId>> _tenants = [];

    /// <summary>The last number given out: here nothing can lie between the log and its reader.</summary>
    public LogPosition Position
    {
        get
        {
            lock (_lock)
            {
                return new LogPosition(Epoch, _lastRevocation);
            }
        }
    }

    public ValueTask<CreateResult> CreateAsync(NewSession session, LogPosition verifiedAt, int mostSessions, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            DateTimeOffset now = Now;
            UserState user = User(session.User);
            if (verifiedAt.Epoch != Epoch || _lastRevocation < verifiedAt.Number || user.Raised > verifiedAt.Number)
            {
                return ValueTask.FromResult(new CreateResult(CreateOutcome.EpochRaised, now, []));
            }

            if ((session.CreatedAt - now).Duration() > ISessionIndex.ClockTolerance)
            {
                return ValueTask.FromResult(new CreateResult(CreateOutcome.ClockOff, now, []));
            }

            if (Find(session.Id).Bytes is not null)
            {
                return ValueTask.FromResult(new CreateResult(CreateOutcome.Taken, now, []));
            }

            Collect(now);
            _sessions[session.Id] = (session.Bytes, session.CollectAt);
            _collect.Enqueue(session.Id, session.CollectAt);
            user.Sessions[session.Id] = new IndexedSession(session.Id, session.CreatedAt, session.AbsoluteEnd);
            Join(session.Tenant, session.User);
            return ValueTask.FromResult(new CreateResult(
                CreateOutcome.Created, now, user.Sessions.Count > mostSessions ? [.. user.Sessions.Values] : []));
        }
    }

    public ValueTask<RaisedEpoch> RaiseAsync(UserId user, ushort shard, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            UserState state = User(user);
            state.Raised = ++_lastRevocation;
            return ValueTask.FromResult(new RaisedEpoch(new LogCommit(shard, Epoch, state.Raised, []), [.. state.Sessions.Values]));
        }
    }

    public ValueTask<ImmutableArray<IndexedSession>> ReadIndexAsync(UserId user, ushort shard, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult<ImmutableArray<IndexedSession>>([.. User(user).Sessions.Values]);
        }
    }

    public ValueTask DropAsync(UserId user, ushort shard, ImmutableArray<SessionId> ids, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            foreach (SessionId id in ids)
            {
                User(user).Sessions.Remove(id);
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<TenantPage> ReadTenantAsync(TenantId tenant, ushort shard, long cursor, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult(new TenantPage(_tenants.TryGetValue(tenant, out HashSet<UserId>? users) ? [.. users] : [], 0));
        }
    }

    private void Join(TenantId tenant, UserId user) => (CollectionsMarshal.GetValueRefOrAddDefault(_tenants, tenant, out _) ??= []).Add(user);

    private UserState User(UserId user)
    {
        if (!_users.TryGetValue(user, out UserState? state))
        {
            _users[user] = state = new UserState();
        }

        return state;
    }

    private sealed class UserState
    {
        public long Raised { get; set; }

        public Dictionary<SessionId, IndexedSession> Sessions { get; } = [];
    }
}
