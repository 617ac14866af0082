using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class SessionTransactionsTests
{
    private readonly FakeTimeProvider _clock = new(Noon);
    private readonly ObservedStore _store;
    private readonly SessionTransactions _transactions;

    public SessionTransactionsTests()
    {
        _store = new ObservedStore(new InMemorySessionStore(_clock));
        _transactions = Transactions(_store);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refresh_ReadsTheUser_AfterTheDecisionAndBeforeTheCommit()
    {
        SessionRecord record = await CreateAsync();
        List<string> steps = [];
        _store.BeforeCommit = () =>
        {
            steps.Add("commit");
            return Task.CompletedTask;
        };

        SessionResult<RefreshOutcome> result = await _transactions.RefreshAsync(TokenOf(record), "key-1", ReadStanding, Token);

        Assert.Equal(["user", "commit"], steps);
        Assert.Equal(RefreshOutcome.Rotated, result.Outcome);
        Assert.Equal(2, result.Record!.Live.Number);

        ValueTask<UserStanding> ReadStanding(UserId user, CancellationToken cancellationToken)
        {
            Assert.Equal(User, user);
            steps.Add("user");
            return Active(user, cancellationToken);
        }
    }

    [Fact]
    public async Task Theft_ReadsNoUser_AndEndsTheSession_WithItsRevocation()
    {
        SessionRecord record = await CreateAsync();
        PresentedToken foreign = TokenOf(record) with { Number = 0, Label = LeafLabels.CreateRoot() };

        SessionResult<RefreshOutcome> result = await _transactions.RefreshAsync(
            foreign, "key-1", (_, _) => throw new InvalidOperationException("The user was read."), Token);

        Assert.Equal(RefreshOutcome.Theft, result.Outcome);
        Assert.Equal(User, result.Record!.User);
        Assert.Equal([RevocationEntry.ForSession(record.Id, Noon + Retention)], result.Revocations);
        Assert.Equal(1, result.RevocationNumber);
        Assert.Equal(RefreshOutcome.Ended, await RefreshAsync(record));
    }

    [Fact]
    public async Task UserDirectoryThatFails_LeavesTheTokenUsable()
    {
        SessionRecord record = await CreateAsync();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _transactions.RefreshAsync(
            TokenOf(record), "key-1", (_, _) => throw new StoreUnavailableException("users", null), Token));

        Assert.Equal(RefreshOutcome.Rotated, await RefreshAsync(record));
    }

    [Fact]
    public async Task InactiveUser_EndsTheSession_WithItsRevocation()
    {
        SessionRecord record = await CreateAsync();

        SessionResult<RefreshOutcome> result = await _transactions.RefreshAsync(TokenOf(record), "key-1", Inactive, Token);

        Assert.Equal(RefreshOutcome.UserInactive, result.Outcome);
        Assert.Equal([RevocationEntry.ForSession(record.Id, Noon + Retention)], result.Revocations);
        Assert.Equal(1, result.RevocationNumber);
        Assert.Equal(RefreshOutcome.Ended, await RefreshAsync(record));
    }

    [Fact]
    public async Task EndDuringARefresh_Wins()
    {
        SessionRecord record = await CreateAsync();
        OnceBeforeCommit(() => _transactions.EndAsync(record.Id, EndReason.Logout, Token));

        Assert.Equal(RefreshOutcome.Ended, await RefreshAsync(record));
        Assert.Equal(1, _store.Conflicts);
    }

    /// <summary>A store whose clock is behind would hold the end over once it is set right; one that is ahead keeps it longer by itself.</summary>
    [Theory]
    [InlineData(-20, 0)]
    [InlineData(0, 0)]
    [InlineData(20, 20)]
    [InlineData(600, 60)]
    public async Task End_IsKeptByTheLaterOfBothClocks_WithinAnHour(int nodeMinutesAhead, int keptMinutesLonger)
    {
        using var metrics = new MetricsUnderTest("aivo.gateway.session.commit_conflicts");
        var node = new SessionTransactions(
            _store, Options, Retention, metrics.Metrics, NullLogger<SessionTransactions>.Instance, new FakeTimeProvider(Noon.AddMinutes(nodeMinutesAhead)));
        SessionRecord record = await CreateAsync();

        SessionResult<EndOutcome> result = await node.EndAsync(record.Id, EndReason.Logout, Token);

        Assert.Equal([RevocationEntry.ForSession(record.Id, Noon + Retention + TimeSpan.FromMinutes(keptMinutesLonger))], result.Revocations);
    }

    [Fact]
    public async Task EachConflict_IsCounted()
    {
        using var conflicts = new MetricsUnderTest("aivo.gateway.session.commit_conflicts");
        var node = new SessionTransactions(_store, Options, Retention, conflicts.Metrics, NullLogger<SessionTransactions>.Instance);
        SessionRecord record = await CreateAsync();
        await node.RefreshAsync(TokenOf(record), "key-1", Active, Token);
        Assert.Equal(0, conflicts[""]);

        OnceBeforeCommit(() => RefreshAsync(record));
        await node.EndAsync(record.Id, EndReason.Logout, Token);
        Assert.Equal(0, conflicts[""]);

        SessionRecord other = await CreateAsync();
        OnceBeforeCommit(() => RefreshAsync(other));
        await node.EndAsync(other.Id, EndReason.Logout, Token);
        Assert.Equal(1, conflicts[""]);
    }

    [Fact]
    public async Task RefreshDuringAnEnd_DoesNotUndoIt()
    {
        SessionRecord record = await CreateAsync();
        OnceBeforeCommit(() => RefreshAsync(record));

        SessionResult<EndOutcome> result = await _transactions.EndAsync(record.Id, EndReason.Logout, Token);

        Assert.Equal(EndOutcome.Ended, result.Outcome);
        Assert.Equal(2, result.Record!.Live.Number);
        Assert.Equal(RefreshOutcome.Ended, await RefreshAsync(result.Record));
    }

    [Fact]
    public async Task RepeatedEnd_KeepsTheFirst_AndTakesANewNumber()
    {
        SessionRecord record = await CreateAsync();
        SessionResult<EndOutcome> first = await _transactions.EndAsync(record.Id, EndReason.Logout, Token);
        _clock.Advance(TimeSpan.FromHours(1));

        SessionResult<EndOutcome> second = await _transactions.EndAsync(record.Id, EndReason.UserInactive, Token);

        Assert.Equal(EndOutcome.AlreadyEnded, second.Outcome);
        Assert.Equal(new SessionEnd(EndReason.Logout, Noon), second.Record!.End);
        Assert.Equal([RevocationEntry.ForSession(record.Id, Noon.AddHours(1) + Retention)], second.Revocations);
        Assert.Equal(first.RevocationNumber + 1, second.RevocationNumber);
    }

    [Fact]
    public async Task EndOfAnUnknownSession_Succeeds_WithItsRevocation()
    {
        SessionId id = SessionId.Create(0);

        SessionResult<EndOutcome> result = await _transactions.EndAsync(id, EndReason.Logout, Token);

        Assert.Equal(EndOutcome.UnknownSession, result.Outcome);
        Assert.Equal([RevocationEntry.ForSession(id, Noon + Retention)], result.Revocations);
        Assert.Equal(1, result.RevocationNumber);
        Assert.Null((await _store.ReadAsync(id, Token)).Bytes);
    }

    /// <summary>An end must hold for as long as a token of the session may be presented, and no end may lengthen a record's life.</summary>
    [Fact]
    public async Task Tombstone_StaysUntilTheAbsoluteEnd_AndNoRepetitionExtendsIt()
    {
        SessionRecord record = await CreateAsync();
        await _transactions.EndAsync(record.Id, EndReason.Logout, Token);

        _clock.Advance(Options.AbsoluteLifetime + Retention - TimeSpan.FromMilliseconds(1));
        Assert.Equal(RefreshOutcome.Ended, await RefreshAsync(record));
        await _transactions.EndAsync(record.Id, EndReason.Logout, Token);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(RefreshOutcome.UnknownSession, await RefreshAsync(record));
    }

    [Fact]
    public async Task SessionThatAlwaysChanges_IsGivenUp_AsUnavailable()
    {
        SessionRecord record = await CreateAsync();
        bool nested = false;
        _store.BeforeCommit = async () =>
        {
            if (!nested)
            {
                nested = true;
                StoredSession stored = await _store.ReadAsync(record.Id, Token);
                SessionRecord now = SessionRecordCodec.Decode(record.Id, stored.Bytes);
                Assert.Equal(RefreshOutcome.Rotated, await RefreshAsync(now));
                nested = false;
            }
        };

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _transactions.EndAsync(record.Id, EndReason.Logout, Token));

        Assert.Equal(SessionTransactions.MostAttempts, _store.Conflicts);
    }

    [Fact]
    public async Task DamagedRecord_IsUnavailable_NeverUnknown_AndStaysAsItIs()
    {
        SessionRecord record = NewRecord();
        byte[] damaged = SessionRecordCodec.Encode(record)[..^1];
        await _store.CommitAsync(record.Id, null, new SessionWrite(damaged, record.AbsoluteEnd, []), Token);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => RefreshAsync(record));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _transactions.EndAsync(record.Id, EndReason.Logout, Token));
        Assert.Equal(damaged, (await _store.ReadAsync(record.Id, Token)).Bytes);
    }

    private Task<SessionRecord> CreateAsync() => StoreNewAsync(_store, Token);

    private async Task<RefreshOutcome> RefreshAsync(SessionRecord record) =>
        (await _transactions.RefreshAsync(TokenOf(record), "key-1", Active, Token)).Outcome;

    private void OnceBeforeCommit(Func<Task> act) => _store.BeforeCommit = () =>
    {
        _store.BeforeCommit = null;
        return act();
    };
}
