using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>A store whose every call first does what the test wants: fail, or never go on, whatever its token says.</summary>
internal sealed class UnsteadyStore(ISessionStore inner) : ISessionStore
{
    private int _calls;

    public int Calls => _calls;

    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public static Task Never() => new TaskCompletionSource().Task;

    public async ValueTask<StoredSession> ReadAsync(SessionId id, CancellationToken cancellationToken)
    {
        await BeginAsync();
        return await inner.ReadAsync(id, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<StoredSession>> ReadManyAsync(IReadOnlyList<SessionId> ids, CancellationToken cancellationToken)
    {
        await BeginAsync();
        return await inner.ReadManyAsync(ids, cancellationToken);
    }

    public async ValueTask<CommitResult> CommitAsync(SessionId id, byte[]? expected, SessionWrite write, CancellationToken cancellationToken)
    {
        await BeginAsync();
        return await inner.CommitAsync(id, expected, write, cancellationToken);
    }

    private Task BeginAsync()
    {
        Interlocked.Increment(ref _calls);
        return Before();
    }
}
