using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Sessions.MarksUnderTest;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class FirstUseMarksTests : IAsyncDisposable
{
    /// <summary>Not the nodes': a mark's time is the store's.</summary>
    private readonly FakeTimeProvider _storesClock = new(Noon.AddHours(3));
    private readonly ObservedStore _store;
    private readonly MarksUnderTest _node;

    public FirstUseMarksTests()
    {
        _store = new ObservedStore(new InMemorySessionStore(_storesClock));
        _node = new MarksUnderTest(_store);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Mark_IsWritten_WithTheStoresTime()
    {
        SessionRecord[] sessions = await SessionsAsync(_store, 2);
        _storesClock.Advance(TimeSpan.FromSeconds(7));
        await _node.StartAsync();

        _node.Add(sessions[0]);
        await _node.Time.PassPauseAsync();

        await _node.CountedAsync("written", 1);
        Assert.Equal(_storesClock.GetUtcNow(), await FirstUsedAsync(_store, sessions[0]));
        Assert.Null(await FirstUsedAsync(_store, sessions[1]));
    }

    [Fact]
    public async Task MarksOfOneInterval_AreOneRead_AndOneCommitEach()
    {
        SessionRecord[] sessions = await SessionsAsync(_store, 100);
        (int reads, int commits) = (_store.Reads, _store.Commits);
        await _node.StartAsync();

        _node.Add(sessions);
        _node.Add(sessions);
        await _node.Time.PassPauseAsync();

        await _node.CountedAsync("written", 100);
        Assert.Equal((reads + 1, commits + 100), (_store.Reads, _store.Commits));
    }

    [Fact]
    public async Task FullBatch_GoesWithoutWaiting_AndTheRestWaitsForMore()
    {
        SessionRecord[] sessions = await SessionsAsync(_store, FirstUseMarks.MostAtOnce + 44);
        int reads = _store.Reads;
        _node.Add(sessions);
        await _node.StartAsync();

        await _node.CountedAsync("written", FirstUseMarks.MostAtOnce);
        await _node.Time.PauseBeganAsync();
        Assert.Equal((44, reads + 1), (_node.Marks.Waiting, _store.Reads));
        _node.Time.Advance(FirstUseMarks.Interval);
        await _node.CountedAsync("written", sessions.Length);
        Assert.Equal(reads + 2, _store.Reads);
    }

    [Fact]
    public async Task MarkWithNothingToWrite_IsIgnored_AndNothingIsWritten()
    {
        SessionRecord[] sessions = await SessionsAsync(_store, 3);
        SessionTransactions transactions = Transactions(_store);
        await transactions.RefreshAsync(SessionSamples.TokenOf(sessions[0]), "key-1", Active, Cancellation);
        await transactions.EndAsync(sessions[1].Id, EndReason.Logout, Cancellation);
        _node.Add(sessions[2]);
        await _node.StartAsync();
        await _node.Time.PassPauseAsync();
        await _node.CountedAsync("written", 1);
        int commits = _store.Commits;

        _node.Add([.. sessions, NewRecord()]);
        await _node.Time.PassPauseAsync();

        await _node.CountedAsync("ignored", 4);
        Assert.Equal(commits, _store.Commits);
        Assert.Null(await FirstUsedAsync(_store, sessions[0]));
        Assert.Null(await FirstUsedAsync(_store, sessions[1]));
    }

    [Fact]
    public async Task RecordThatCannotBeRead_IsAFailure_AndHoldsNothingUp()
    {
        SessionRecord[] sessions = await SessionsAsync(_store, 1);
        SessionRecord unreadable = NewRecord();
        await _store.CommitAsync(unreadable.Id, null, new SessionWrite("{}"u8.ToArray(), Noon.AddYears(1), []), Cancellation);
        await _node.StartAsync();

        _node.Add(unreadable, sessions[0]);
        await _node.Time.PassPauseAsync();

        await _node.CountedAsync("written", 1);
        await _node.CountedAsync("failed", 1);
    }

    [Fact]
    public async Task TwoNodes_NoteAFirstUseOnce()
    {
        SessionRecord[] sessions = await SessionsAsync(_store, 300);
        await using var other = new MarksUnderTest(_store);
        _node.Add(sessions);
        other.Add(sessions);

        await Task.WhenAll(_node.StartAsync(), other.StartAsync());
        await Task.WhenAll(_node.StopAsync(), other.StopAsync());

        // That no first use was moved, the store has checked at each commit.
        Assert.Equal(300, _node.Counts["written"] + other.Counts["written"]);
        Assert.Equal(300, _node.Counts["ignored"] + other.Counts["ignored"]);
        Assert.Equal(0, _node.Counts["failed"] + other.Counts["failed"]);
    }

    [Fact]
    public async Task RecordThatChangedMeanwhile_IsDecidedOnAgain()
    {
        SessionRecord[] sessions = await SessionsAsync(_store, 2);
        bool changed = false;
        _store.BeforeCommit = async () =>
        {
            if (!changed)
            {
                changed = true;
                await Transactions(_store).RefreshAsync(SessionSamples.TokenOf(sessions[0]), "key-1", Active, Cancellation);
            }
        };
        await _node.StartAsync();

        _node.Add(sessions[0]);
        await _node.Time.PassPauseAsync();

        await _node.CountedAsync("ignored", 1);
        SessionRecord record = SessionRecordCodec.Decode(sessions[0].Id, (await _store.ReadAsync(sessions[0].Id, Cancellation)).Bytes);
        Assert.Equal((2, null), (record.Live.Number, record.Live.FirstUsed));
    }

    [Fact]
    public async Task RecordThatChangedMeanwhile_AndStaysUnused_IsMarkedAtTheSecondTry()
    {
        SessionRecord session = (await SessionsAsync(_store, 1))[0];
        bool changed = false;
        _store.BeforeCommit = async () =>
        {
            if (!changed)
            {
                changed = true;
                SessionWrite write = new(SessionRecordCodec.Encode(session with { Tenant = new TenantId(Guid.Empty) }), Noon.AddYears(1), []);
                await _store.CommitAsync(session.Id, SessionRecordCodec.Encode(session), write, Cancellation);
            }
        };
        await _node.StartAsync();

        _node.Add(session);
        await _node.Time.PassPauseAsync();

        await _node.CountedAsync("written", 1);
        Assert.Equal(1, _store.Conflicts);
    }
}
