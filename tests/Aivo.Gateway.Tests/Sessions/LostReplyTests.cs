using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>A commit whose reply is lost may have happened: the node looks once, and says what is true.</summary>
public sealed class LostReplyTests
{
    private readonly FakeTimeProvider _clock = new(Noon);
    private readonly ObservedStore _store;
    private readonly SessionTransactions _transactions;

    public LostReplyTests()
    {
        _store = new ObservedStore(new InMemorySessionStore(_clock));
        _transactions = Transactions(_store);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rotation_IsAnswered_AsTheOneThatWasCommitted()
    {
        SessionRecord record = await CreateAsync();
        LoseReplies(1);

        SessionResult<RefreshOutcome> result = await RefreshAsync(TokenOf(record));

        Assert.Equal(RefreshOutcome.Rotated, result.Outcome);
        Assert.Equal(SessionRecordCodec.Encode(result.Record!), (await _store.ReadAsync(record.Id, Token)).Bytes);
        Assert.Equal(2, result.Record!.Live.Number);
    }

    [Fact]
    public async Task RotationThatDidNotHappen_IsDecidedAgain()
    {
        SessionRecord record = await CreateAsync();
        _store.BeforeCommit = () =>
        {
            _store.BeforeCommit = null;
            throw new StoreUnavailableException("test", null);
        };

        Assert.Equal(RefreshOutcome.Rotated, (await RefreshAsync(TokenOf(record))).Outcome);
    }

    /// <summary>Another node has rotated meanwhile, and this node's own rotation too was lost: the pair is the same.</summary>
    [Fact]
    public async Task RotationThatAnotherMadeMeanwhile_IsHandedOutAgain()
    {
        SessionRecord record = await CreateAsync();
        SessionResult<RefreshOutcome>? other = null;
        _store.BeforeCommit = async () =>
        {
            _store.BeforeCommit = null;
            _clock.Advance(TimeSpan.FromMilliseconds(5));
            other = await RefreshAsync(TokenOf(record));
            throw new StoreUnavailableException("test", null);
        };

        SessionResult<RefreshOutcome> result = await RefreshAsync(TokenOf(record));

        Assert.Equal(RefreshOutcome.HandedOutAgain, result.Outcome);
        Assert.Equal(other!.Record!.Live, result.Record!.Live);
    }

    /// <summary>Its acknowledgement needs the number, which was lost with the reply: it is written again, and it stays a theft.</summary>
    [Fact]
    public async Task Theft_IsStillTheft_WithANumberToWaitFor()
    {
        SessionRecord record = await CreateAsync();
        LoseReplies(1);

        SessionResult<RefreshOutcome> result = await RefreshAsync(TokenOf(record) with { Number = 0, Label = LeafLabels.CreateRoot() });

        Assert.Equal(RefreshOutcome.Theft, result.Outcome);
        Assert.Equal(2, result.RevocationNumber);
        Assert.Equal(EndReason.Theft, result.Record!.End!.Reason);
    }

    [Fact]
    public async Task SecondLostReply_IsUnavailable_AndTheTokenStaysGood()
    {
        SessionRecord record = await CreateAsync();
        int commits = _store.Commits;
        _store.BeforeCommit = () => throw new StoreUnavailableException("test", null);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => RefreshAsync(TokenOf(record)));

        Assert.Equal(commits + 2, _store.Commits);
        _store.BeforeCommit = null;
        Assert.Equal(RefreshOutcome.Rotated, (await RefreshAsync(TokenOf(record))).Outcome);
    }

    private Task<SessionRecord> CreateAsync() => StoreNewAsync(_store, Token);

    private Task<SessionResult<RefreshOutcome>> RefreshAsync(PresentedToken token) => _transactions.RefreshAsync(token, "key-1", Active, Token);

    private void LoseReplies(int count) => _store.AfterCommit = () =>
    {
        if (count-- > 0)
        {
            throw new StoreUnavailableException("test", null);
        }
    };
}
