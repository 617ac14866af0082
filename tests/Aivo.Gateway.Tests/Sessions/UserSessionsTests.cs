using System.Collections.Concurrent;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class UserSessionsTests
{
    private readonly FakeTimeProvider _clock = new(Noon);
    private readonly InMemorySessionStore _store;
    private readonly SessionTransactions _transactions;
    private readonly SessionsOptions _options = Options with { MaxPerUser = 3 };

    public UserSessionsTests()
    {
        _store = new InMemorySessionStore(_clock);
        _transactions = Transactions(_store);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private UserSessions Sessions => new(_store, _store, _transactions, _options, NullLogger<UserSessions>.Instance);

    [Fact]
    public async Task List_ShowsLiveSessionsOnly_TheNewestFirst()
    {
        SessionRecord idle = await BeginAsync(TimeSpan.Zero);
        SessionRecord ended = await BeginAsync(TimeSpan.FromDays(1));
        SessionRecord older = await BeginAsync(TimeSpan.FromDays(4));
        SessionRecord newer = await BeginAsync(TimeSpan.FromDays(1));
        await _transactions.EndAsync(ended.Id, EndReason.Logout, Token);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal([newer.Id, older.Id], (await Sessions.ListAsync(User, 0, Token)).Select(record => record.Id));
        Assert.Equal(SessionLiveness.Idle, (await Sessions.FindAsync(idle.Id, Token)).Liveness);
        Assert.Equal(SessionLiveness.Dead, (await Sessions.FindAsync(ended.Id, Token)).Liveness);
        (SessionRecord? live, SessionLiveness liveness) = await Sessions.FindAsync(older.Id, Token);
        Assert.Equal((older.Id, SessionLiveness.Live), (live?.Id, liveness));
        Assert.NotNull((await Sessions.FindAsync(ended.Id, Token)).Record?.End);
        Assert.Equal((null, SessionLiveness.Dead), await Sessions.FindAsync(SessionId.Create(0), Token));
    }

    [Fact]
    public async Task EndedSession_LeavesTheIndex_HoweverItEnded()
    {
        SessionRecord loggedOut = await BeginAsync(default), inactive = await BeginAsync(default);
        await _transactions.EndAsync(loggedOut.Id, EndReason.Logout, Token);
        await _transactions.RefreshAsync(TokenOf(inactive), "key-1", Inactive, Token);

        Assert.Empty(await _store.ReadIndexAsync(User, 0, Token));
    }

    [Fact]
    public async Task Surplus_IsTheOldest()
    {
        List<SessionRecord> records = [];
        for (int i = 0; i < 5; i++)
        {
            records.Add(await BeginAsync(TimeSpan.FromMinutes(1)));
        }

        BegunSession begun = new(records[4], await _store.ReadIndexAsync(User, 0, Token));
        Assert.Equal([records[0].Id, records[1].Id], await Sessions.SurplusAsync(begun, Token));
    }

    [Fact]
    public async Task Surplus_CountsNoDeadSession_AndTakesIdleOnesFirst()
    {
        SessionRecord idle = await BeginAsync(default);
        SessionRecord renewed = await BeginAsync(default);
        SessionRecord collected = await BeginAsync(default);
        _clock.Advance(TimeSpan.FromDays(6));
        await _transactions.RefreshAsync(TokenOf(renewed), "key-1", Active, Token);
        _clock.Advance(TimeSpan.FromDays(2));
        SessionRecord younger = await BeginAsync(TimeSpan.FromDays(1));
        SessionRecord newest = await BeginAsync(TimeSpan.FromDays(1));
        await _store.CommitAsync(collected.Id, SessionRecordCodec.Encode(collected), new SessionWrite([1], Noon, []), Token);

        // Five are indexed and one of them is not there any more: one has to go, and that is the one nobody uses, though it is no older.
        BegunSession begun = new(newest, await _store.ReadIndexAsync(User, 0, Token));
        Assert.Equal(5, begun.Surplus.Length);
        Assert.Equal([idle.Id], await Sessions.SurplusAsync(begun, Token));
        Assert.Equal(
            new[] { idle.Id, renewed.Id, younger.Id, newest.Id }.ToHashSet(),
            (await _store.ReadIndexAsync(User, 0, Token)).Select(entry => entry.Id).ToHashSet());
    }

    [Fact]
    public async Task Surplus_LeavesARecordAloneThatCannotBeRead()
    {
        List<SessionRecord> records = [];
        for (int i = 0; i < 4; i++)
        {
            records.Add(await BeginAsync(TimeSpan.FromMinutes(1)));
        }

        await _store.CommitAsync(records[0].Id, SessionRecordCodec.Encode(records[0]), new SessionWrite("{}"u8.ToArray(), records[0].AbsoluteEnd, []), Token);
        Assert.Equal([records[1].Id], await Sessions.SurplusAsync(new BegunSession(records[3], await _store.ReadIndexAsync(User, 0, Token)), Token));
    }

    [Fact]
    public async Task End_EndsEverySessionButOne_AndRaisesTheEpoch()
    {
        List<SessionRecord> records = [];
        for (int i = 0; i < 20; i++)
        {
            records.Add(await BeginAsync(default));
        }

        LogPosition before = _store.Position;
        var ended = new ConcurrentBag<SessionId>();
        long number = (await Sessions.EndAsync(User, 0, records[7].Id, null, EndReason.LogoutOthers, (id, _) => ended.Add(id), Token)).Max(commit => commit.Number);

        Assert.Equal(_store.Position.Number, number);
        Assert.Equal(before.Number + 20, number);
        Assert.Equal(records.Where(record => record != records[7]).Select(record => record.Id).ToHashSet(), ended.ToHashSet());
        Assert.Equal([records[7].Id], (await Sessions.ListAsync(User, 0, Token)).Select(record => record.Id));
        Assert.Null(await LoginAsync(before));
        Assert.NotNull(await LoginAsync(_store.Position));
    }

    [Fact]
    public async Task EndForATenant_LeavesTheSessionsOfAnother_AndOverridesNoDoubt()
    {
        TenantId former = new(Guid.CreateVersion7());
        SessionRecord moved = await BeginAsync(default), stayed = await BeginAsync(default);
        byte[] bytes = SessionRecordCodec.Encode(moved);
        await _store.CommitAsync(moved.Id, bytes, new SessionWrite(SessionRecordCodec.Encode(moved with { Tenant = former }), moved.AbsoluteEnd, []), Token);

        await Sessions.EndAsync(User, 0, null, former, EndReason.LogoutAll, (_, _) => { }, Token);
        Assert.Equal([stayed.Id], (await Sessions.ListAsync(User, 0, Token)).Select(record => record.Id));

        await _store.CommitAsync(stayed.Id, SessionRecordCodec.Encode(stayed), new SessionWrite("{}"u8.ToArray(), stayed.AbsoluteEnd, []), Token);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sessions.EndAsync(User, 0, null, former, EndReason.LogoutAll, (_, _) => { }, Token));
    }

    [Fact]
    public async Task End_OfOneThatCannotBeRead_EndsTheOthers_AndIsToBeRepeated()
    {
        SessionRecord damaged = await BeginAsync(default), fine = await BeginAsync(default);
        byte[] bytes = SessionRecordCodec.Encode(damaged);
        await _store.CommitAsync(damaged.Id, bytes, new SessionWrite("{}"u8.ToArray(), damaged.AbsoluteEnd, []), Token);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sessions.EndAsync(User, 0, null, null, EndReason.LogoutAll, (_, _) => { }, Token));
        Assert.Equal(EndReason.LogoutAll, (await Sessions.FindAsync(fine.Id, Token)).Record?.End?.Reason);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sessions.ListAsync(User, 0, Token));

        await _store.CommitAsync(damaged.Id, "{}"u8.ToArray(), new SessionWrite(bytes, damaged.AbsoluteEnd, []), Token);
        await Sessions.EndAsync(User, 0, null, null, EndReason.LogoutAll, (_, _) => { }, Token);
        Assert.Empty(await _store.ReadIndexAsync(User, 0, Token));
    }

    [Fact]
    public async Task End_DropsEntriesWhoseRecordIsGone()
    {
        SessionRecord gone = await BeginAsync(default);
        _clock.Advance(TimeSpan.FromDays(31));
        Assert.Single(await _store.ReadIndexAsync(User, 0, Token));

        await Sessions.EndAsync(User, 0, null, null, EndReason.LogoutAll, (id, end) => Assert.Equal((gone.Id, EndOutcome.UnknownSession), (id, end.Outcome)), Token);
        Assert.Empty(await _store.ReadIndexAsync(User, 0, Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(499)]
    [InlineData(-60_000)]
    [InlineData(3_600_000)]
    public async Task Login_FromANodeWhoseClockIsOff_HasTheStoresTime(int milliseconds)
    {
        BegunSession? begun = await LoginAsync(_store.Position, TimeSpan.FromMilliseconds(milliseconds));

        Assert.NotNull(begun);
        Assert.InRange((begun.Record.CreatedAt - Noon).Duration(), TimeSpan.Zero, ISessionIndex.ClockTolerance);
        Assert.Equal(begun.Record.CreatedAt + Options.AbsoluteLifetime, begun.Record.AbsoluteEnd);
        Assert.Equal(SessionRecordCodec.Encode(begun.Record), (await _store.ReadAsync(begun.Record.Id, Token)).Bytes);
    }

    /// <summary>SR-09: nothing is shared between two logins of one user.</summary>
    [Fact]
    public async Task TwoLogins_ShareNeitherIdNorLabel()
    {
        SessionRecord first = await BeginAsync(default);
        SessionRecord second = await BeginAsync(default);

        Assert.NotEqual(first.Id, second.Id);
        Assert.NotEqual(first.Live.Label, second.Live.Label);
    }

    private Task<BegunSession?> LoginAsync(LogPosition position, TimeSpan off = default) =>
        new SessionLogins(_store, _options, Retention, () => [_store.Position], () => _clock.GetUtcNow() + off)
            .BeginAsync(User, Tenant, Client, "key-1", 0, position, Token);

    private async Task<SessionRecord> BeginAsync(TimeSpan later)
    {
        _clock.Advance(later);
        return (await LoginAsync(_store.Position))!.Record;
    }
}
