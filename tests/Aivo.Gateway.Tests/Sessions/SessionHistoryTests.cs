using Aivo.Gateway.Redis;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>Random histories in which calls come between another call's read and its commit, on both stores.</summary>
public sealed class SessionHistoryTests(RedisServer server)
{
    private enum Act
    {
        Refresh,
        RefreshOfInactive,
        End,
    }

    /// <param name="Which">Picks one of the session's tokens, the newest most often.</param>
    /// <param name="During">What happens between this step's read and its commit.</param>
    private sealed record Step(Act Act, int Which, Step[] During);

    private static readonly Gen<Act> AnyAct = Gen.Frequency(
        (12, Gen.Const(Act.Refresh)),
        (1, Gen.Const(Act.RefreshOfInactive)),
        (1, Gen.Const(Act.End)));

    private static readonly Gen<Step> PlainStep = Gen.Select(AnyAct, Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[0, 5])))
        .Select((act, which) => new Step(act, which, []));

    private static readonly Gen<Step[]> Interleaved = Gen.Select(PlainStep, PlainStep.Array[0, 3])
        .Select((step, during) => step with { During = during })
        .Array[1, 15];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task InterleavedHistories_KeepOneLiveLeaf_AndEveryEnd_InMemory() => Interleaved.SampleAsync(
        steps => RunAsync(steps, new InMemorySessionStore(new FakeTimeProvider(Noon))), iter: 2000);

    [Fact]
    public async Task InterleavedHistories_KeepOneLiveLeaf_AndEveryEnd_OnRedis()
    {
        await using RedisConnection redis = ConnectTo(server.Configuration, RedisServer.NewKeyPrefix());
        var store = new RedisSessionStore(redis, OpenEpochs.Of(redis));
        await Interleaved.SampleAsync(steps => RunAsync(steps, store), iter: 100, threads: 2);
    }

    /// <summary>What must hold of two successive records is checked at each commit by <see cref="ObservedStore"/>.</summary>
    private static async Task RunAsync(Step[] steps, ISessionStore inner)
    {
        var store = new ObservedStore(inner);
        SessionTransactions transactions = Transactions(store);
        SessionRecord record = await StoreNewAsync(store, Token);
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
                    await ActAsync(during);
                }
            };
            await ActAsync(step);
            store.BeforeCommit = null;
        }

        async Task ActAsync(Step step)
        {
            if (step.Act == Act.End)
            {
                Assert.NotEqual(EndOutcome.UnknownSession, (await transactions.EndAsync(record.Id, EndReason.Logout, Token)).Outcome);
                ended = true;
                return;
            }

            PresentedToken presented = tokens[Math.Max(0, tokens.Count - 1 - step.Which)];
            SessionResult<RefreshOutcome> result =
                await transactions.RefreshAsync(presented, "key-1", step.Act == Act.RefreshOfInactive ? Inactive : Active, Token);
            if (result.Outcome == RefreshOutcome.Rotated)
            {
                Assert.True(used.Add(presented), "One token had two successors.");
                tokens.Add(TokenOf(result.Record!));
            }

            // All of this happens well within W: nothing is theft, and every earlier token gives the live pair.
            Assert.True(
                result.Outcome is RefreshOutcome.Rotated or RefreshOutcome.HandedOutAgain or RefreshOutcome.TooManyRotations
                or RefreshOutcome.UserInactive or RefreshOutcome.Ended,
                result.Outcome.Word());
            Assert.False(ended && result.Outcome.IsSuccess(), "A refresh succeeded after the end.");
            Assert.True(!ended || result.Record!.End is not null, "The end was undone.");
            ended |= result.Outcome == RefreshOutcome.UserInactive;
        }
    }
}
