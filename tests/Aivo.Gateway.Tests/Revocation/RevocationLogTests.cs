using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>What a sync of the log in Redis returns.</summary>
public sealed class RevocationLogTests(RedisServer server) : IAsyncDisposable
{
    private readonly RedisRevocations _log = new(server.Configuration, RedisServer.NewKeyPrefix());
    private readonly DateTimeOffset _keepUntil =
        DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()) + RevocationOptions.Retention;

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    [Fact]
    public async Task EmptyLog_IsComplete_AndItsEpochStays()
    {
        string epoch = await _log.OpenAsync();
        SyncReply first = await _log.SyncAsync(epoch);
        Assert.Equal((0, 0, true, 0, true), (first.Last, first.Reached, first.IsComplete, first.Entries.Count, first.Open));
        Assert.Equal(epoch, await _log.OpenAsync());
        Assert.InRange(first.ServerTime - TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5));
        Assert.True(first.Acknowledged);
        Assert.Null(first.Leases);
    }

    [Fact]
    public async Task EntriesOfEveryKindAboveTheCursor_ArriveWithTheirKeepUntil()
    {
        RevocationEntry[] entries =
        [
            RevocationEntry.ForSession(SessionId.Create(0), _keepUntil),
            RevocationEntry.ForToken(new TokenId(UInt128.One, 7), _keepUntil.AddMilliseconds(1)),
            RevocationReplica.ForKey("key", _keepUntil.AddSeconds(1)),
        ];
        string epoch = (await _log.AppendAsync(entries)).Epoch;
        SyncReply all = await _log.SyncAsync(epoch);
        Assert.Equal(entries, all.Entries);
        Assert.Equal((3, 3), (all.Last, all.Reached));
        Assert.Equal(entries[2..], (await _log.SyncAsync(epoch, applied: 2)).Entries);
        SyncReply none = await _log.SyncAsync(epoch, applied: 3);
        Assert.Empty(none.Entries);
        Assert.True(none.IsComplete);
    }

    [Fact]
    public async Task EntryAppendedAgain_KeepsItsNumber_AndItsLaterKeepUntil()
    {
        RevocationEntry entry = RevocationEntry.ForSession(SessionId.Create(0), _keepUntil);
        RevocationEntry prolonged = entry with { KeepUntil = _keepUntil.AddMinutes(1) };
        LogCommit first = await _log.AppendAsync(entry);
        await _log.AppendAsync(RevocationEntry.ForSession(SessionId.Create(0), _keepUntil));
        LogCommit again = await _log.AppendAsync(prolonged);
        await _log.AppendAsync(entry);
        Assert.Equal((1, 1), (first.Number, again.Number));
        SyncReply all = await _log.SyncAsync(first.Epoch);
        Assert.Equal((2, prolonged), (all.Last, all.Entries[0]));
    }

    [Theory, InlineData(12_001), InlineData(5_000)]
    public async Task MoreThanOnePage_ArrivesInPiecesWithNothingLost(int count)
    {
        string epoch = (await _log.AppendAsync(
            [.. Enumerable.Range(1, count).Select(id => RevocationEntry.ForSession(new SessionId((UInt128)id, 0), _keepUntil))])).Epoch;
        var seen = new HashSet<UInt128>();
        long cursor = 0;
        SyncReply delta;
        int pages = 0;
        do
        {
            delta = await _log.SyncAsync(epoch, cursor);
            Assert.InRange(delta.Entries.Count, 1, SyncReply.MostEntries);
            Assert.True(delta.Reached > cursor, "a page brings the reader on");
            cursor = delta.Reached;
            seen.UnionWith(delta.Entries.Select(entry => entry.Id));
            pages++;
        }
        while (!delta.IsComplete);
        Assert.Equal(count, seen.Count);
        Assert.InRange(pages, count / SyncReply.MostEntries, (count / SyncReply.MostEntries) + 1);
    }

    [Fact]
    public async Task ExpiredEntries_LeaveTheLog_AndItsLastNumberStays()
    {
        RevocationEntry live = RevocationEntry.ForSession(SessionId.Create(0), _keepUntil);
        await _log.AppendAsync(RevocationEntry.ForSession(SessionId.Create(0), _keepUntil.AddDays(-1)));
        string epoch = (await _log.AppendAsync(live)).Epoch;
        SyncReply delta = await _log.SyncAsync(epoch);
        Assert.Equal([live], delta.Entries);
        Assert.Equal((2, 2), (delta.Last, delta.Reached));
    }

    [Fact]
    public async Task OneSync_RemovesAtMostAHundredExpiredEntriesFromBothSets()
    {
        const string Sizes = "return redis.call('ZCARD', KEYS[2]) .. ',' .. redis.call('ZCARD', KEYS[3])";
        string epoch = (await _log.AppendAsync(
            [.. Enumerable.Range(1, 150).Select(id => RevocationEntry.ForToken(new TokenId((UInt128)id, 0), _keepUntil.AddDays(-1)))])).Epoch;
        await _log.SyncAsync(epoch, applied: 150);
        Assert.Equal("50,50", (string?)await _log.RunAsync(Sizes));
        await _log.SyncAsync(epoch, applied: 150);
        Assert.Equal("0,0", (string?)await _log.RunAsync(Sizes));
    }

    [Fact]
    public async Task MemberThatThisReleaseCannotRead_FailsTheRead()
    {
        string epoch = await _log.OpenAsync();
        await _log.RunAsync("redis.call('ZADD', KEYS[2], 1, 'x1'); redis.call('HSET', KEYS[1], 'n', 1)");
        await Assert.ThrowsAsync<InvalidDataException>(async () => await _log.SyncAsync(epoch));
    }

    [Fact]
    public async Task EntryWithoutAKeepUntil_IsKeptForTheFullRetention()
    {
        RevocationEntry entry = RevocationEntry.ForSession(SessionId.Create(0), _keepUntil);
        string epoch = (await _log.AppendAsync(entry)).Epoch;
        await _log.RunAsync("redis.call('DEL', KEYS[3])");
        SyncReply delta = await _log.SyncAsync(epoch);
        Assert.Equal([entry with { KeepUntil = delta.ServerTime + RevocationOptions.Retention }], delta.Entries);
    }

    [Fact]
    public async Task LeaseFields_SayWhatWasAppliedAndWhen_AndHaveNoTimeToLive()
    {
        string epoch = await _log.OpenAsync();
        await _log.SyncAsync(epoch, applied: 4, sequence: 9, node: "one");
        SyncReply reply = await _log.SyncAsync(epoch, applied: 5, sequence: 2, node: "two", withLeases: true);
        Assert.Equal(new[] { new LeaseField("one", 9, 4), new LeaseField("two", 2, 5) }, reply.Leases!.OrderBy(field => field.Node));
        Assert.Equal(-1, (long)await _log.RunAsync("return redis.call('TTL', KEYS[4])"));

        LogCommit commit = await _log.AppendAsync(RevocationEntry.ForSession(SessionId.Create(0), _keepUntil));
        Assert.Equal(2, commit.Leases.Count(field => field.Node != "test"));
    }

    [Fact]
    public async Task SilentField_IsRemovedOnlyAsItWasFound_AndTheOwnOneInAnyCase()
    {
        string epoch = await _log.OpenAsync();
        await _log.SyncAsync(epoch, sequence: 1, node: "one");
        await _log.SyncAsync(epoch, sequence: 2, node: "two");
        await _log.Log.RemoveAsync(0, epoch, [new LeaseField("one", 1, 0), new LeaseField("two", 1, 0)], TestContext.Current.CancellationToken);
        Assert.Equal(["three", "two"], await NodesAsync(epoch));
        await _log.Log.LeaveAsync(0, epoch, "two", TestContext.Current.CancellationToken);
        Assert.Equal(["three"], await NodesAsync(epoch));
    }

    private async Task<IEnumerable<string>> NodesAsync(string epoch) =>
        (await _log.SyncAsync(epoch, node: "three", withLeases: true)).Leases!.Select(field => field.Node).Order();
}
