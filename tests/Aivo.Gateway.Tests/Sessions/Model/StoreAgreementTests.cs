using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using CsCheck;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// Memory and Redis are one store to the rules: the same calls give the same outcomes and leave the same bytes. Both are asked at the same
/// virtual time, since Redis' own clock would not wait for the windows.
/// </summary>
public sealed class StoreAgreementTests(RedisServer server)
{
    private static readonly DateTimeOffset Login = new(2031, 5, 6, 12, 0, 0, 123, TimeSpan.Zero);

    private enum Act
    {
        Refresh,
        RefreshOfInactive,
        Use,
        End,
    }

    /// <param name="Which">Presents the token that many before the newest; above the newest are tokens that were never stored.</param>
    private sealed record Step(Act Act, int Which, long After);

    private static readonly Gen<Step[]> Histories = Gen.Select(
        Gen.Frequency((12, Gen.Const(Act.Refresh)), (4, Gen.Const(Act.Use)), (1, Gen.Const(Act.RefreshOfInactive)), (1, Gen.Const(Act.End))),
        Gen.Frequency((5, Gen.Const(0)), (4, Gen.Const(1)), (1, Gen.Int[2, 4]), (1, Gen.Const(-1))),
        Gen.Frequency((4, Gen.Long[0, 100]), (4, Gen.Long[0, 50_000]), (2, Gen.OneOf(Gen.Long[20_000, 20_001], Gen.Long[45_000, 45_001])), (1, Gen.Long[0, 8 * 86_400_000L])))
        .Select((act, which, after) => new Step(act, which, after))
        .Array[1, 25];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SameCalls_GiveTheSameOutcomesAndTheSameRecords()
    {
        await using RedisConnection redis = SessionSamples.ConnectTo(server.Configuration, RedisServer.NewKeyPrefix());
        LogEpochs epochs = await OpenEpochs.OfAsync(redis);
        await Histories.SampleAsync(
            async steps =>
            {
                string[] memory = await RunAsync(steps, clock => new InMemorySessionStore(clock));
                string[] shared = await RunAsync(steps, clock => new VirtualClockStore(new RedisSessionStore(redis, epochs), clock));
                Assert.Equal(memory, shared);
            },
            iter: 300, threads: 2);
    }

    /// <returns>What each call came to, and the record after it.</returns>
    private static async Task<string[]> RunAsync(Step[] steps, Func<TimeProvider, ISessionStore> create)
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Login);
        ISessionStore store = create(clock);
        SessionTransactions transactions = SessionSamples.Transactions(store);
        SessionId id = SessionId.Create(0);
        var first = SessionLifecycle.Create(
            id, SessionSamples.User, SessionSamples.Tenant, SessionSamples.Client, "root-label", "key-1", Login, SessionSamples.Options);
        await store.CommitAsync(id, null, Write(first), Token);
        List<PresentedToken> tokens = [SessionSamples.TokenOf(first)];
        List<string> told = [];
        foreach (Step step in steps)
        {
            clock.Advance(TimeSpan.FromMilliseconds(step.After));
            told.Add(await ActAsync(step));
            StoredSession stored = await store.ReadAsync(id, Token);
            told.Add(stored.Bytes is null ? "nothing" : System.Text.Encoding.UTF8.GetString(stored.Bytes));
        }

        return [.. told];

        async Task<string> ActAsync(Step step)
        {
            if (step.Act == Act.End)
            {
                SessionResult<EndOutcome> end = await transactions.EndAsync(id, EndReason.Logout, Token);
                return $"{end.Outcome} {end.Revocations.Length}";
            }

            if (step.Act == Act.Use)
            {
                return await UseAsync();
            }

            SessionResult<RefreshOutcome> result = await transactions.RefreshAsync(
                Presented(step.Which), "key-1", step.Act == Act.Refresh ? SessionSamples.Active : SessionSamples.Inactive, Token);
            if (result.Outcome.IsSuccess() && SessionSamples.TokenOf(result.Record!) is var newest && newest != tokens[^1])
            {
                tokens.Add(newest);
            }

            return $"{result.Outcome} {result.Now:O} {result.RetryAfter} {string.Join(' ', result.Revocations.Where(entry => entry.Kind == RevocationKind.Token))}";
        }

        PresentedToken Presented(int which) => which >= 0
            ? tokens[Math.Max(0, tokens.Count - 1 - which)]
            : tokens[^1] with { Number = tokens[^1].Number + 2, Label = "a lost leaf's label" };

        async Task<string> UseAsync()
        {
            StoredSession stored = await store.ReadAsync(id, Token);
            SessionRecord? record = stored.Bytes is null ? null : SessionRecordCodec.Decode(id, stored.Bytes);
            TokenId access = record is null ? default : TokenIds.ForLeaf(record.Live.Label, record.Live.Issued);
            SessionRecord? noted = SessionLifecycle.MarkUsed(record, access, stored.Now);
            return noted is null ? "unchanged" : $"used, committed: {(await store.CommitAsync(id, stored.Bytes, Write(noted), Token)).Committed}";
        }
    }

    private static SessionWrite Write(SessionRecord record) =>
        new(SessionRecordCodec.Encode(record), record.AbsoluteEnd + SessionSamples.Retention, []);
}
