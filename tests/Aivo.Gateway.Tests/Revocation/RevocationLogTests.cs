using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>One contract, both logs.</summary>
public sealed class RevocationLogTests(RedisServer server) : IAsyncDisposable
{
    private readonly RedisConnection _redis = RedisRevocations.Connect(server.Configuration, RedisServer.NewKeyPrefix());
    private readonly DateTimeOffset _keepUntil =
        DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()) + RevocationOptions.Retention;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task EmptyLog_IsComplete_AndItsEpochStays(string kind)
    {
        (IRevocationLog log, _) = Log(kind);
        RevocationDelta first = await log.ReadAsync(0, Cancellation);
        RevocationDelta second = await log.ReadAsync(0, Cancellation);
        Assert.Equal((0, 0, true, 0), (first.Last, first.Reached, first.IsComplete, first.Entries.Count));
        Assert.NotEmpty(first.Epoch);
        Assert.Equal(first.Epoch, second.Epoch);
        Assert.InRange(first.ServerTime - TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5));
    }

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task EntriesOfEveryKindAboveTheCursor_ArriveWithTheirKeepUntil(string kind)
    {
        (IRevocationLog log, Func<IReadOnlyList<RevocationEntry>, Task> append) = Log(kind);
        RevocationEntry[] entries =
        [
            RevocationEntry.ForSession(SessionId.Create(0), _keepUntil),
            RevocationEntry.ForToken(new TokenId(UInt128.One, 7), _keepUntil.AddMilliseconds(1)),
            RevocationReplica.ForKey("key", _keepUntil.AddSeconds(1)),
        ];
        await append(entries);
        RevocationDelta all = await log.ReadAsync(0, Cancellation);
        Assert.Equal(entries, all.Entries);
        Assert.Equal((3, 3), (all.Last, all.Reached));

        RevocationDelta above = await log.ReadAsync(2, Cancellation);
        Assert.Equal(entries[2..], above.Entries);
        RevocationDelta none = await log.ReadAsync(3, Cancellation);
        Assert.Empty(none.Entries);
        Assert.True(none.IsComplete);
    }

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task EntryAppendedAgain_ArrivesAgainWithItsNewKeepUntil(string kind)
    {
        (IRevocationLog log, Func<IReadOnlyList<RevocationEntry>, Task> append) = Log(kind);
        RevocationEntry entry = RevocationEntry.ForSession(SessionId.Create(0), _keepUntil);
        await append([entry]);
        long cursor = (await log.ReadAsync(0, Cancellation)).Reached;
        RevocationEntry prolonged = entry with { KeepUntil = _keepUntil.AddMinutes(1) };
        await append([prolonged]);
        Assert.Equal([prolonged], (await log.ReadAsync(cursor, Cancellation)).Entries);
    }

    [Theory, InlineData("memory", 12_001), InlineData("redis", 12_001), InlineData("memory", 5_000), InlineData("redis", 5_000)]
    public async Task MoreThanOnePage_ArrivesInPiecesWithNothingLost(string kind, int count)
    {
        (IRevocationLog log, Func<IReadOnlyList<RevocationEntry>, Task> append) = Log(kind);
        await append([.. Enumerable.Range(1, count).Select(id => RevocationEntry.ForSession(new SessionId((UInt128)id, 0), _keepUntil))]);
        var seen = new HashSet<UInt128>();
        long cursor = 0;
        RevocationDelta delta;
        int pages = 0;
        do
        {
            delta = await log.ReadAsync(cursor, Cancellation);
            Assert.InRange(delta.Entries.Count, 1, RevocationDelta.MostEntries);
            Assert.True(delta.Reached > cursor, "a page brings the reader on");
            cursor = delta.Reached;
            seen.UnionWith(delta.Entries.Select(entry => entry.Id));
            pages++;
        }
        while (!delta.IsComplete);
        Assert.Equal(count, seen.Count);
        Assert.InRange(pages, count / RevocationDelta.MostEntries, (count / RevocationDelta.MostEntries) + 1);
    }

    [Theory, InlineData("memory"), InlineData("redis")]
    public async Task ExpiredEntries_LeaveTheLog_AndItsLastNumberStays(string kind)
    {
        (IRevocationLog log, Func<IReadOnlyList<RevocationEntry>, Task> append) = Log(kind);
        RevocationEntry live = RevocationEntry.ForSession(SessionId.Create(0), _keepUntil);
        await append([RevocationEntry.ForSession(SessionId.Create(0), _keepUntil.AddDays(-1))]);
        await append([live]);
        RevocationDelta delta = await log.ReadAsync(0, Cancellation);
        Assert.Equal([live], delta.Entries);
        Assert.Equal((2, 2), (delta.Last, delta.Reached));
    }

    [Fact]
    public async Task OneSync_RemovesAtMostAHundredExpiredEntriesFromBothSets()
    {
        var redis = new RedisRevocations(_redis);
        await redis.AppendAsync([.. Enumerable.Range(1, 150).Select(id => RevocationEntry.ForToken(new TokenId((UInt128)id, 0), _keepUntil.AddDays(-1)))]);
        var log = new RedisRevocationLog(_redis);
        const string Sizes = "return redis.call('ZCARD', KEYS[2]) .. ',' .. redis.call('ZCARD', KEYS[3])";
        await log.ReadAsync(150, Cancellation);
        Assert.Equal("50,50", (string?)await redis.RunAsync(Sizes));
        await log.ReadAsync(150, Cancellation);
        Assert.Equal("0,0", (string?)await redis.RunAsync(Sizes));
    }

    [Fact]
    public async Task EntriesThatShareANumber_AreNotSplitByAPage()
    {
        var redis = new RedisRevocations(_redis);
        int count = RevocationDelta.MostEntries + 1;
        await redis.AppendAsync([.. Enumerable.Range(1, count).Select(id => RevocationEntry.ForToken(new TokenId((UInt128)id, 0), _keepUntil))]);
        // The entry after the page's end gets the number of the page's last one.
        await redis.RunAsync("redis.call('ZADD', KEYS[2], ARGV[1], ARGV[2])",
            count - 1, RevocationEntry.ForToken(new TokenId((UInt128)count, 0), _keepUntil).Member);
        var log = new RedisRevocationLog(_redis);
        RevocationDelta first = await log.ReadAsync(0, Cancellation);
        RevocationDelta second = await log.ReadAsync(first.Reached, Cancellation);
        Assert.Equal(count, first.Entries.Concat(second.Entries).Select(entry => entry.Id).Distinct().Count());
        Assert.True(second.IsComplete);
    }

    [Fact]
    public async Task MemberThatThisReleaseCannotRead_FailsTheRead()
    {
        var redis = new RedisRevocations(_redis);
        await redis.RunAsync("redis.call('ZADD', KEYS[2], 1, 'x1'); redis.call('HSET', KEYS[1], 'n', 1)");
        await Assert.ThrowsAsync<InvalidDataException>(async () => await new RedisRevocationLog(_redis).ReadAsync(0, Cancellation));
    }

    [Fact]
    public async Task EntryWithoutAKeepUntil_IsKeptForTheFullRetention()
    {
        var redis = new RedisRevocations(_redis);
        RevocationEntry entry = RevocationEntry.ForSession(SessionId.Create(0), _keepUntil);
        await redis.AppendAsync([entry]);
        await redis.RunAsync("redis.call('DEL', KEYS[3])");
        RevocationDelta delta = await new RedisRevocationLog(_redis).ReadAsync(0, Cancellation);
        Assert.Equal([entry with { KeepUntil = delta.ServerTime + RevocationOptions.Retention }], delta.Entries);
    }

    private (IRevocationLog Log, Func<IReadOnlyList<RevocationEntry>, Task> Append) Log(string kind)
    {
        if (kind == "redis")
        {
            return RedisRevocations.LogOf(_redis);
        }

        var memory = new InMemoryRevocationLog(TimeProvider.System);
        return (memory, entries =>
        {
            memory.Append(entries);
            return Task.CompletedTask;
        }
        );
    }
}
