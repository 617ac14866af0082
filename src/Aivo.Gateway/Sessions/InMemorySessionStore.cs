using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>
/// Sessions of one process; they end with it. Revocations are numbered and not kept: the only node applies them itself.
/// </summary>
internal sealed partial class InMemorySessionStore(TimeProvider clock) : ISessionStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionId, (byte[] Bytes, DateTimeOffset CollectAt)> _sessions = [];
    private readonly PriorityQueue<SessionId, DateTimeOffset> _collect = new();
    private long _lastRevocation;

    /// <summary>How many records are held, those not collected yet included.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _sessions.Count;
            }
        }
    }

    public ValueTask<StoredSession> ReadAsync(SessionId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult(Find(id));
        }
    }

    public ValueTask<IReadOnlyList<StoredSession>> ReadManyAsync(IReadOnlyList<SessionId> ids, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<StoredSession>>([.. ids.Select(Find)]);
        }
    }

    public ValueTask<CommitResult> CommitAsync(SessionId id, byte[]? expected, SessionWrite write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            StoredSession present = Find(id);
            if (!Same(present.Bytes, expected))
            {
                return ValueTask.FromResult(new CommitResult(null, present));
            }

            Collect(present.Now);
            if (write.Bytes is { } bytes)
            {
                _sessions[id] = (bytes, write.CollectAt);
                _collect.Enqueue(id, write.CollectAt);
            }

            if (write.Unindexed is { } user && _users.TryGetValue(user, out UserState? state))
            {
                state.Sessions.Remove(id);
            }

            if (write.Joined is { } joined)
            {
                Join(joined.Tenant, joined.User);
            }

            _lastRevocation += write.Revocations.Length;
            return ValueTask.FromResult(new CommitResult(new LogCommit(id.Shard, Epoch, write.Revocations.IsEmpty ? 0 : _lastRevocation, []), null));
        }
    }

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    private StoredSession Find(SessionId id)
    {
        DateTimeOffset now = Now;
        return new StoredSession(_sessions.TryGetValue(id, out var held) && now < held.CollectAt ? held.Bytes : null, now);
    }

    private static bool Same(byte[]? left, byte[]? right) =>
        left is null || right is null ? left == right : left.AsSpan().SequenceEqual(right);

    private void Collect(DateTimeOffset now)
    {
        while (_collect.TryPeek(out SessionId id, out DateTimeOffset collectAt) && collectAt <= now)
        {
            _collect.Dequeue();
            if (_sessions.TryGetValue(id, out var held) && held.CollectAt <= now)
            {
                _sessions.Remove(id);
            }
        }
    }
}
