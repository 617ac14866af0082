using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>What every store must do; run on each.</summary>
public abstract class SessionStoreContract
{
    private static readonly byte[] First = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    private static readonly byte[] Second = "second"u8.ToArray();

    private readonly SessionId _id = SessionId.Create(0);

    private protected abstract ISessionStore Store { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NothingStored_IsNone()
    {
        StoredSession stored = await Store.ReadAsync(_id, Token);

        Assert.Null(stored.Bytes);
    }

    [Fact]
    public async Task CommittedBytes_AreReadBackExactly()
    {
        CommitResult result = await CommitAsync(null, First);

        Assert.True(result.Committed);
        Assert.Equal(0, result.RevocationNumber);
        Assert.Equal(First, (await Store.ReadAsync(_id, Token)).Bytes);
    }

    [Fact]
    public async Task BytesThatWereRead_AreReplaced()
    {
        await CommitAsync(null, First);
        byte[]? read = (await Store.ReadAsync(_id, Token)).Bytes;

        Assert.True((await CommitAsync(read, Second)).Committed);
        Assert.Equal(Second, (await Store.ReadAsync(_id, Token)).Bytes);
    }

    [Fact]
    public async Task SomethingWhereNothingWasRead_IsAConflict()
    {
        await CommitAsync(null, First);

        await AssertConflictAsync(null, First);
    }

    [Fact]
    public async Task NothingWhereSomethingWasRead_IsAConflict() => await AssertConflictAsync(First, null);

    [Fact]
    public async Task OneOtherByte_IsAConflict()
    {
        await CommitAsync(null, First);
        byte[] other = [.. First];
        other[0] ^= 1;

        await AssertConflictAsync(other, First);
        await AssertConflictAsync(First[..^1], First);
        await AssertConflictAsync([.. First, 0], First);
    }

    [Fact]
    public async Task OtherSession_IsNotTouched()
    {
        await CommitAsync(null, First);
        SessionId other = SessionId.Create(0);

        Assert.Null((await Store.ReadAsync(other, Token)).Bytes);
        Assert.True((await CommitAsync(null, Second, other)).Committed);
        Assert.Equal(First, (await Store.ReadAsync(_id, Token)).Bytes);
    }

    [Fact]
    public async Task Revocations_TakeTheNextNumbers_AndAConflictTakesNone()
    {
        RevocationEntry session = RevocationEntry.ForSession(_id, SessionSamples.Noon);
        RevocationEntry token = RevocationEntry.ForToken(new TokenId(7, 7), SessionSamples.Noon);

        long first = (await CommitAsync(null, First, revocations: session)).RevocationNumber;
        await AssertConflictAsync(Second, First, session);
        long third = (await CommitAsync(First, Second, revocations: [session, token])).RevocationNumber;

        Assert.True(third > first);
        Assert.True(first > 0);
    }

    [Fact]
    public async Task RevocationWithoutARecord_LeavesTheRecordAsItIs()
    {
        RevocationEntry entry = RevocationEntry.ForSession(_id, SessionSamples.Noon);
        long first = (await CommitAsync(null, null, revocations: entry)).RevocationNumber;
        Assert.Null((await Store.ReadAsync(_id, Token)).Bytes);

        await CommitAsync(null, First);
        long second = (await CommitAsync(First, null, revocations: entry)).RevocationNumber;

        Assert.True(second >= first);
        Assert.Equal(First, (await Store.ReadAsync(_id, Token)).Bytes);
    }

    [Fact]
    public async Task RecordThatMayBeCollected_IsNone()
    {
        await CommitAsync(null, First);
        DateTimeOffset now = (await Store.ReadAsync(_id, Token)).Now;

        CommitResult result = await Store.CommitAsync(_id, First, new SessionWrite(Second, now.AddSeconds(-1), []), Token);

        Assert.True(result.Committed);
        Assert.Null((await Store.ReadAsync(_id, Token)).Bytes);
    }

    [Fact]
    public async Task ManyRecords_AreReadInTheOrderAsked_WithOneClockPerShard()
    {
        SessionId other = SessionId.Create(1);
        await CommitAsync(null, First);
        await CommitAsync(null, Second, other);
        DateTimeOffset before = (await Store.ReadAsync(_id, Token)).Now;

        IReadOnlyList<StoredSession> read = await Store.ReadManyAsync([other, SessionId.Create(0), _id, SessionId.Create(1), other], Token);

        DateTimeOffset after = (await Store.ReadAsync(_id, Token)).Now;
        Assert.Equal([Second, null, First, null, Second], read.Select(stored => stored.Bytes));
        Assert.All(read, stored => Assert.InRange(stored.Now, before, after));
        Assert.Equal(read[1].Now, read[2].Now);
        Assert.Empty(await Store.ReadManyAsync([], Token));
    }

    [Fact]
    public async Task RecordReadWithOthers_CanBeReplaced()
    {
        await CommitAsync(null, First);
        IReadOnlyList<StoredSession> read = await Store.ReadManyAsync([SessionId.Create(0), _id], Token);

        Assert.True((await CommitAsync(read[1].Bytes, Second)).Committed);
    }

    [Fact]
    public async Task Clock_IsInWholeMilliseconds_AndTheSameKindInAConflict()
    {
        await CommitAsync(null, First);
        DateTimeOffset before = (await Store.ReadAsync(_id, Token)).Now;
        DateTimeOffset conflict = (await CommitAsync(null, Second)).Present!.Now;
        DateTimeOffset after = (await Store.ReadAsync(_id, Token)).Now;

        Assert.InRange(conflict, before, after);
        Assert.Equal(0, conflict.Ticks % TimeSpan.TicksPerMillisecond);
        Assert.Equal(TimeSpan.Zero, conflict.Offset);
    }

    [Fact]
    public async Task ParallelCommitsOverTheSameBytes_AreOne()
    {
        await CommitAsync(null, First);

        CommitResult[] results = await Task.WhenAll(Enumerable.Range(0, 50).Select(number =>
            Task.Run(async () => await CommitAsync(First, [(byte)number, 255]), Token)));

        Assert.Single(results, result => result.Committed);
        byte[]? winner = (await Store.ReadAsync(_id, Token)).Bytes;
        Assert.All(results.Where(result => !result.Committed), result => Assert.Equal(winner, result.Present!.Bytes));
    }

    private ValueTask<CommitResult> CommitAsync(byte[]? expected, byte[]? next, SessionId? id = null, params RevocationEntry[] revocations) =>
        Store.CommitAsync(id ?? _id, expected, new SessionWrite(next, SessionSamples.Noon.AddYears(20), [.. revocations]), Token);

    private async Task AssertConflictAsync(byte[]? expected, byte[]? present, params RevocationEntry[] revocations)
    {
        CommitResult result = await CommitAsync(expected, Second, null, revocations);

        Assert.False(result.Committed);
        Assert.Equal(0, result.RevocationNumber);
        Assert.Equal(present, result.Present!.Bytes);
        Assert.Equal(present, (await Store.ReadAsync(_id, Token)).Bytes);
    }
}
