using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>
/// A store that lets a test act between a read and its commit, and that holds every commit against what must be true of any two
/// successive records, whoever wrote them.
/// </summary>
internal sealed class ObservedStore(ISessionStore inner) : ISessionStore
{
    private int _reads;
    private int _commits;
    private int _conflicts;

    public ISessionStore Inner => inner;

    public int Reads => _reads;

    public int Commits => _commits;

    public int Conflicts => _conflicts;

    /// <summary>Runs before a commit reaches the store.</summary>
    public Func<Task>? BeforeCommit { get; set; }

    /// <summary>Runs after a commit was carried out, before its reply is heard.</summary>
    public Action? AfterCommit { get; set; }

    public ValueTask<StoredSession> ReadAsync(SessionId id, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return inner.ReadAsync(id, cancellationToken);
    }

    public ValueTask<IReadOnlyList<StoredSession>> ReadManyAsync(IReadOnlyList<SessionId> ids, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return inner.ReadManyAsync(ids, cancellationToken);
    }

    public async ValueTask<CommitResult> CommitAsync(SessionId id, byte[]? expected, SessionWrite write, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _commits);
        if (BeforeCommit is { } act)
        {
            await act();
        }

        CommitResult result = await inner.CommitAsync(id, expected, write, cancellationToken);
        if (!result.Committed)
        {
            Interlocked.Increment(ref _conflicts);
        }
        else if (expected is not null)
        {
            Assert.NotNull(write.Bytes);
            AssertSuccession(SessionRecordCodec.Decode(id, expected), SessionRecordCodec.Decode(id, write.Bytes));
        }

        AfterCommit?.Invoke();
        return result;
    }

    private static void AssertSuccession(SessionRecord before, SessionRecord after)
    {
        if (before.End is not null)
        {
            Assert.Equal(before.End, after.End);
            Assert.Equal(before.Live, after.Live);
        }

        Assert.Equal(before.AbsoluteEnd, after.AbsoluteEnd);
        Assert.Equal(before.CreatedAt, after.CreatedAt);
        Assert.Equal(before.User, after.User);
        Assert.True(after.Live.Number >= before.Live.Number);
        if (after.Live.Number == before.Live.Number)
        {
            Assert.Equal((before.Live.Label, before.Live.Issued, before.Live.KeyId), (after.Live.Label, after.Live.Issued, after.Live.KeyId));
            Assert.True(before.Live.FirstUsed is null || after.Live.FirstUsed == before.Live.FirstUsed);
        }
    }
}
