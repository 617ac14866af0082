using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>Random histories against a model that shares no code with the rules.</summary>
public sealed class SessionHistoryTests(RedisServer server)
{
    private enum Act
    {
        Refresh,
        RefreshOfInactive,
        ForgedLabel,
        End,
        Wait,
    }

    /// <param name="Which">Picks one of the session's tokens, the newest most often.</param>
    /// <param name="During">What happens between this step's read and its commit.</param>
    private sealed record Step(Act Act, int Which, TimeSpan Time, Step[] During);

    private static readonly Gen<Act> AnyAct = Gen.Frequency(
        (8, Gen.Const(Act.Refresh)),
        (1, Gen.Const(Act.RefreshOfInactive)),
        (1, Gen.Const(Act.ForgedLabel)),
        (1, Gen.Const(Act.End)),
        (4, Gen.Const(Act.Wait)));

    private static readonly Gen<Step> PlainStep = Gen.Select(AnyAct, Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[0, 5])), Gen.Double[0, 8])
        .Select((act, which, days) => new Step(act, which, TimeSpan.FromDays(days), []));

    private static readonly Gen<Step[]> Sequential = PlainStep.Array[1, 30];

    private static readonly Gen<Step[]> Interleaved = Gen.Select(PlainStep, PlainStep.Array[0, 3])
        .Select((step, during) => step with { During = during })
        .Array[1, 15];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task SequentialHistories_AreAsTheModelSays_InMemory() => Sequential.SampleAsync(async steps =>
    {
        var clock = new FakeTimeProvider(Noon);
        await RunSequentialAsync(steps, new InMemorySessionStore(clock), clock);
    }, iter: 2000);

    [Fact]
    public async Task SequentialHistories_AreAsTheModelSays_OnRedis()
    {
        await using RedisConnection redis = ConnectTo(server.Configuration, RedisServer.NewKeyPrefix());
        var store = new RedisSessionStore(redis);
        await Sequential.SampleAsync(steps => RunSequentialAsync(steps, store, null), iter: 100, threads: 2);
    }

    [Fact]
    public Task InterleavedHistories_KeepOneLiveLeaf_AndEveryEnd_InMemory() => Interleaved.SampleAsync(async steps =>
    {
        var clock = new FakeTimeProvider(Noon);
        await RunInterleavedAsync(steps, new InMemorySessionStore(clock));
    }, iter: 2000);

    [Fact]
    public async Task InterleavedHistories_KeepOneLiveLeaf_AndEveryEnd_OnRedis()
    {
        await using RedisConnection redis = ConnectTo(server.Configuration, RedisServer.NewKeyPrefix());
        var store = new RedisSessionStore(redis);
        await Interleaved.SampleAsync(steps => RunInterleavedAsync(steps, store), iter: 100, threads: 2);
    }

    private static async Task RunSequentialAsync(Step[] steps, ISessionStore inner, FakeTimeProvider? clock)
    {
        SessionTransactions transactions = Transactions(new ObservedStore(inner));
        SessionRecord record = await transactions.CreateAsync(User, Tenant, Client, "key-1", 0, Token);
        List<PresentedToken> tokens = [TokenOf(record)];
        DateTimeOffset begun = record.CreatedAt, issued = record.CreatedAt;
        bool ended = false;
        long lastNumber = 0;
        foreach (Step step in steps)
        {
            byte[]? before = (await inner.ReadAsync(record.Id, Token)).Bytes;
            if (step.Act == Act.Wait)
            {
                clock?.Advance(step.Time);
                continue;
            }

            DateTimeOffset now = clock?.GetUtcNow() ?? issued;
            bool known = now < begun.AddDays(30) + Retention;
            if (step.Act == Act.End)
            {
                SessionResult<EndOutcome> end = await transactions.EndAsync(record.Id, EndReason.Logout, Token);
                Assert.Equal(!known ? EndOutcome.UnknownSession : ended ? EndOutcome.AlreadyEnded : EndOutcome.Ended, end.Outcome);
                Assert.True(end.RevocationNumber > lastNumber);
                (ended, lastNumber) = (true, end.RevocationNumber);
                continue;
            }

            PresentedToken presented = tokens[Math.Max(0, tokens.Count - 1 - step.Which)];
            bool newest = presented == tokens[^1] && step.Act != Act.ForgedLabel;
            string expected = !known ? "unknown_session"
                : ended ? "ended"
                : now >= begun.AddDays(30) ? "expired_absolute"
                : now >= issued.AddDays(7) ? "expired_idle"
                : !newest ? "not_current"
                : step.Act == Act.RefreshOfInactive ? "user_inactive" : "rotated";
            SessionResult<RefreshOutcome> result = await RefreshAsync(transactions, step.Act, presented);
            Assert.Equal(expected, result.Outcome.Word());
            if (result.Outcome == RefreshOutcome.Rotated)
            {
                Assert.Equal(presented.Number + 1, result.Record!.Live.Number);
                tokens.Add(TokenOf(result.Record));
                issued = result.Record.Live.Issued;
            }
            else if (result.Outcome == RefreshOutcome.UserInactive)
            {
                ended = true;
            }
            else
            {
                Assert.Equal(before, (await inner.ReadAsync(record.Id, Token)).Bytes);
            }
        }
    }

    /// <summary>What must hold of two successive records is checked at each commit by <see cref="ObservedStore"/>.</summary>
    private static async Task RunInterleavedAsync(Step[] steps, ISessionStore inner)
    {
        var store = new ObservedStore(inner);
        SessionTransactions transactions = Transactions(store);
        SessionRecord record = await transactions.CreateAsync(User, Tenant, Client, "key-1", 0, Token);
        List<PresentedToken> tokens = [TokenOf(record)];
        HashSet<PresentedToken> used = [];
        bool ended = false;
        foreach (Step step in steps)
        {
            store.BeforeCommit = async () =>
            {
                store.BeforeCommit = null;
                foreach (Step during in step.During)
                {
                    await RunAsync(during);
                }
            };
            await RunAsync(step);
            store.BeforeCommit = null;
        }

        async Task RunAsync(Step step)
        {
            if (step.Act == Act.End)
            {
                Assert.NotEqual(EndOutcome.UnknownSession, (await transactions.EndAsync(record.Id, EndReason.Logout, Token)).Outcome);
                ended = true;
            }
            else if (step.Act != Act.Wait)
            {
                PresentedToken presented = tokens[Math.Max(0, tokens.Count - 1 - step.Which)];
                SessionResult<RefreshOutcome> result = await RefreshAsync(transactions, step.Act, presented);
                if (result.Outcome == RefreshOutcome.Rotated)
                {
                    Assert.False(ended, "A refresh succeeded after the end.");
                    Assert.True(used.Add(presented), "One token had two successors.");
                    tokens.Add(TokenOf(result.Record!));
                }

                Assert.True(!ended || result.Record!.End is not null, "The end was undone.");
                ended |= result.Outcome == RefreshOutcome.UserInactive;
            }
        }
    }

    private static Task<SessionResult<RefreshOutcome>> RefreshAsync(SessionTransactions transactions, Act act, PresentedToken presented) =>
        transactions.RefreshAsync(
            act == Act.ForgedLabel ? presented with { Label = LeafLabels.CreateRoot() } : presented,
            "key-1",
            act == Act.RefreshOfInactive ? Inactive : Active,
            Token);
}
