using System.Collections.Immutable;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>What every index of users' sessions must do; run on each.</summary>
public abstract class SessionIndexContract
{
    private static readonly UserId Somebody = new(Guid.Parse("0b9a5a55-7d6c-4f6b-9b61-7f1c0a6f7c01"));

    private protected abstract ISessionStore Store { get; }

    private protected abstract ISessionIndex Index { get; }

    /// <summary>Where a node stands that has read everything.</summary>
    private protected abstract ValueTask<LogPosition> PositionAsync();

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreatedSession_IsStoredAndIndexed_InOneStep()
    {
        SessionRecord record = await CreateAsync();

        Assert.Equal([new IndexedSession(record.Id, record.CreatedAt, record.AbsoluteEnd)], await Index.ReadIndexAsync(User, 0, Token));
        Assert.Equal(SessionRecordCodec.Encode(record), (await Store.ReadAsync(record.Id, Token)).Bytes);
        Assert.Empty(await Index.ReadIndexAsync(Somebody, 0, Token));
    }

    [Fact]
    public async Task EpochRaisedAfterThePosition_RefusesTheSession_AndNothingIsWritten()
    {
        LogPosition before = await PositionAsync();
        RaisedEpoch raised = await Index.RaiseAsync(User, 0, Token);
        Assert.True(raised.Number > before.Number);

        NewSession session = await NewSessionAsync();
        Assert.Equal(CreateOutcome.EpochRaised, (await Index.CreateAsync(session, before, 50, Token)).Outcome);
        Assert.Null((await Store.ReadAsync(session.Id, Token)).Bytes);
        Assert.Empty(await Index.ReadIndexAsync(User, 0, Token));

        Assert.Equal(CreateOutcome.Created, (await Index.CreateAsync(session, await PositionAsync(), 50, Token)).Outcome);
    }

    [Fact]
    public async Task EveryRaiseCounts_AndOnlyForItsUser()
    {
        await Index.RaiseAsync(User, 0, Token);
        LogPosition between = await PositionAsync();
        Assert.Equal(CreateOutcome.Created, (await Index.CreateAsync(await NewSessionAsync(), between, 50, Token)).Outcome);
        await Index.RaiseAsync(Somebody, 0, Token);
        await Store.CommitAsync(SessionId.Create(0), null, new SessionWrite(null, Noon, [RevocationEntry.ForSession(SessionId.Create(0), Noon)]), Token);
        Assert.Equal(CreateOutcome.Created, (await Index.CreateAsync(await NewSessionAsync(), between, 50, Token)).Outcome);
        await Index.RaiseAsync(User, 0, Token);
        Assert.Equal(CreateOutcome.EpochRaised, (await Index.CreateAsync(await NewSessionAsync(), between, 50, Token)).Outcome);
    }

    [Fact]
    public async Task PositionOfAnotherLog_OrAheadOfThisOne_SaysNothing()
    {
        LogPosition here = await PositionAsync();
        foreach (LogPosition elsewhere in new[] { here with { Epoch = "another" }, here with { Number = here.Number + 1 } })
        {
            Assert.Equal(CreateOutcome.EpochRaised, (await Index.CreateAsync(await NewSessionAsync(), elsewhere, 50, Token)).Outcome);
        }

        Assert.Empty(await Index.ReadIndexAsync(User, 0, Token));
    }

    [Theory]
    [InlineData(-5_000, false)]
    [InlineData(-100, true)]
    [InlineData(0, true)]
    [InlineData(5_000, false)]
    public async Task EstimateOfTheClockThatIsOff_IsAnsweredWithTheClock(int off, bool accepted)
    {
        NewSession session = await NewSessionAsync(TimeSpan.FromMilliseconds(off));
        CreateResult result = await Index.CreateAsync(session, await PositionAsync(), 50, Token);

        Assert.Equal(accepted ? CreateOutcome.Created : CreateOutcome.ClockOff, result.Outcome);
        Assert.Equal(accepted, (await Store.ReadAsync(session.Id, Token)).Bytes is not null);
        Assert.InRange(result.Now, session.CreatedAt.AddMilliseconds(-off), (await Store.ReadAsync(session.Id, Token)).Now);
    }

    [Fact]
    public async Task RecordThatIsThere_IsNotReplaced()
    {
        SessionRecord record = await CreateAsync();
        NewSession again = (await NewSessionAsync()) with { Id = record.Id, Bytes = [1] };

        Assert.Equal(CreateOutcome.Taken, (await Index.CreateAsync(again, await PositionAsync(), 50, Token)).Outcome);
        Assert.Equal(SessionRecordCodec.Encode(record), (await Store.ReadAsync(record.Id, Token)).Bytes);
    }

    [Fact]
    public async Task MoreSessionsThanAllowed_AreAllNamed_WithTheNewOne()
    {
        await Index.RaiseAsync(User, 0, Token);
        List<SessionId> ids = [];
        for (int i = 1; i <= 3; i++)
        {
            NewSession session = await NewSessionAsync();
            ids.Add(session.Id);
            CreateResult result = await Index.CreateAsync(session, await PositionAsync(), 2, Token);
            Assert.Equal(i <= 2 ? [] : ids.ToHashSet(), result.Surplus.Select(entry => entry.Id).ToHashSet());
        }
    }

    [Fact]
    public async Task Raise_NamesWhatIsIndexed_AndSharesItsNumbersWithRevocations()
    {
        SessionRecord record = await CreateAsync();
        RaisedEpoch first = await Index.RaiseAsync(User, 0, Token);
        CommitResult end = await Store.CommitAsync(
            record.Id, SessionRecordCodec.Encode(record), new SessionWrite([1], Noon.AddYears(20), [RevocationEntry.ForSession(record.Id, Noon)], User), Token);
        RaisedEpoch second = await Index.RaiseAsync(User, 0, Token);

        Assert.Equal([record.Id], first.Sessions.Select(entry => entry.Id));
        Assert.Empty(second.Sessions);
        Assert.Equal((first.Number + 1, first.Number + 2), (end.RevocationNumber, second.Number));
    }

    [Fact]
    public async Task Tenant_NamesWhoLoggedIn_AlsoOnceTheirSessionsHaveEnded()
    {
        Assert.Equal(new TenantPage([], 0), await Index.ReadTenantAsync(Tenant, 0, 0, Token), (one, other) => one.Next == other.Next && one.Users.SequenceEqual(other.Users));
        SessionRecord record = await CreateAsync();
        await Index.DropAsync(User, 0, [record.Id], Token);

        TenantPage page = await Index.ReadTenantAsync(Tenant, 0, 0, Token);
        Assert.Equal([User], page.Users);
        Assert.Equal(0, page.Next);
    }

    [Fact]
    public async Task CommitOfAUserWhoHasMoved_IsFoundByTheNewTenantToo()
    {
        TenantId other = new(Guid.CreateVersion7());
        SessionRecord record = await CreateAsync();
        byte[] bytes = SessionRecordCodec.Encode(record);
        var moved = new SessionWrite([1], record.AbsoluteEnd, []) { Joined = (other, User) };
        Assert.True((await Store.CommitAsync(record.Id, bytes, moved, Token)).Committed);

        Assert.Equal([User], (await Index.ReadTenantAsync(other, 0, 0, Token)).Users);
        Assert.Equal([User], (await Index.ReadTenantAsync(Tenant, 0, 0, Token)).Users);
    }

    [Fact]
    public async Task CommitThatConflicts_LeavesTheIndexAsItIs()
    {
        SessionRecord record = await CreateAsync();

        Assert.False((await Store.CommitAsync(record.Id, [7], new SessionWrite([1], Noon.AddYears(20), [], User), Token)).Committed);
        Assert.Single(await Index.ReadIndexAsync(User, 0, Token));
        Assert.True((await Store.CommitAsync(record.Id, SessionRecordCodec.Encode(record), new SessionWrite([1], Noon.AddYears(20), []), Token)).Committed);
        Assert.Single(await Index.ReadIndexAsync(User, 0, Token));
    }

    [Fact]
    public async Task DroppedEntries_AreGone_AndTheRecordsStay()
    {
        SessionRecord first = await CreateAsync(), second = await CreateAsync();
        await Index.DropAsync(User, 0, [first.Id, SessionId.Create(0)], Token);
        await Index.DropAsync(User, 0, [], Token);

        Assert.Equal([second.Id], (await Index.ReadIndexAsync(User, 0, Token)).Select(entry => entry.Id));
        Assert.NotNull((await Store.ReadAsync(first.Id, Token)).Bytes);
    }

    [Fact]
    public async Task SessionsBegunWhileTheEpochIsRaised_AreInTheRaisesIndex_OrRefused()
    {
        LogPosition position = await PositionAsync();
        var created = new List<Task<(SessionId Id, CreateOutcome Outcome)>>();
        for (int i = 0; i < 40; i++)
        {
            NewSession session = await NewSessionAsync();
            created.Add(Task.Run(async () => (session.Id, (await Index.CreateAsync(session, position, 100, Token)).Outcome), Token));
        }

        RaisedEpoch raised = await Task.Run(async () => await Index.RaiseAsync(User, 0, Token), Token);
        (SessionId Id, CreateOutcome Outcome)[] results = await Task.WhenAll(created);

        Assert.Equal(
            results.Where(result => result.Outcome == CreateOutcome.Created).Select(result => result.Id).ToHashSet(),
            raised.Sessions.Select(entry => entry.Id).ToHashSet());
    }

    private async Task<SessionRecord> CreateAsync()
    {
        NewSession session = await NewSessionAsync();
        Assert.Equal(CreateOutcome.Created, (await Index.CreateAsync(session, await PositionAsync(), 50, Token)).Outcome);
        return SessionRecordCodec.Decode(session.Id, session.Bytes);
    }

    private protected async Task<NewSession> NewSessionAsync(TimeSpan off = default)
    {
        SessionRecord record = NewRecord((await Store.ReadAsync(SessionId.Create(0), Token)).Now + off);
        return new NewSession(
            record.Id, record.User, record.Tenant, SessionRecordCodec.Encode(record), record.CreatedAt, record.AbsoluteEnd, record.AbsoluteEnd + Retention);
    }
}
