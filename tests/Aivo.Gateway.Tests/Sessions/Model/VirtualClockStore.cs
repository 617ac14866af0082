using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>A store with another clock than its own. What may be collected by that clock is no longer found.</summary>
internal sealed class VirtualClockStore(ISessionStore inner, TimeProvider clock) : ISessionStore
{
    private DateTimeOffset _collectAt = DateTimeOffset.MaxValue;

    public async ValueTask<StoredSession> ReadAsync(SessionId id, CancellationToken cancellationToken) =>
        AtVirtualTime(await inner.ReadAsync(id, cancellationToken));

    public async ValueTask<IReadOnlyList<StoredSession>> ReadManyAsync(IReadOnlyList<SessionId> ids, CancellationToken cancellationToken) =>
        [.. (await inner.ReadManyAsync(ids, cancellationToken)).Select(AtVirtualTime)];

    public async ValueTask<CommitResult> CommitAsync(SessionId id, byte[]? expected, SessionWrite write, CancellationToken cancellationToken)
    {
        CommitResult result = await inner.CommitAsync(id, expected, write, cancellationToken);
        if (result.Committed && write.Bytes is not null)
        {
            _collectAt = write.CollectAt;
        }

        return result.Present is { } present ? result with { Present = AtVirtualTime(present) } : result;
    }

    private StoredSession AtVirtualTime(StoredSession stored) =>
        new(clock.GetUtcNow() < _collectAt ? stored.Bytes : null, clock.GetUtcNow());
}
