using CsCheck;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// R4, by comparison: the same history is told twice, the second time with somebody who polls with earlier tokens while their windows are
/// open. Everybody else must be told the same at the same times.
/// </summary>
public sealed class PollingTests
{
    internal const long T = 10_000;
    internal const long D = 5_000;
    internal const long Both = (4 * T) + D;

    /// <param name="Which">Presents the token that many before the newest; below zero, notes the newest as used.</param>
    private sealed record Step(long After, int Which);

    private static readonly Gen<long> After = Gen.Frequency(
        (2, Gen.Long[0, 100]),
        (3, Gen.Select(Gen.OneOf(Gen.Const(2 * T), Gen.Const(Both), Gen.Const(Both - (2 * T))), Gen.Long[-1, 1]).Select((edge, beside) => edge + beside)),
        (3, Gen.Long[0, 2 * Both]),
        (1, Gen.Long[0, 3_600_000]));

    private static readonly Gen<Step[]> Steps = Gen.Select(After, Gen.Frequency((5, Gen.Const(0)), (4, Gen.Const(1)), (1, Gen.Int[2, 3]), (2, Gen.Const(-1))))
        .Select((after, which) => new Step(after, which))
        .Array[1, 14];

    private static readonly Gen<long[]> Polls = Gen.Long[1, Both].Array[1, 12];

    [Fact]
    public void PollingTheParent_MovesNoWindow() => Gen.Select(Steps, Polls).Sample(
        (steps, polls) => Assert.Equal(Told(steps, []), Told(steps, polls)),
        iter: 3000);

    /// <summary>The comparison above can fail: what it compares changes at the very ends of the windows.</summary>
    [Theory]
    [InlineData(2 * T, "handed_out_again")]
    [InlineData((2 * T) + 1, "later")]
    [InlineData(Both, "later")]
    [InlineData(Both + 1, "superseded")]
    public void WindowsEnd_WhereTheTableSays(long after, string outcome) => Assert.EndsWith(
        outcome,
        Told([new Step(0, 0), new Step(after, 1)], [1, 1000, (2 * T) - 1, 2 * T, (2 * T) + 1, Both - 1, Both])[^1],
        StringComparison.Ordinal);

    /// <returns>What was told at each step.</returns>
    private static List<string> Told(Step[] steps, long[] polls)
    {
        var told = new List<string>();
        var session = new PolledSession();
        foreach (Step step in steps)
        {
            long end = session.Now + step.After;
            foreach (long at in polls.Select(poll => session.LiveSince + poll).Where(at => at > session.Now && at < end).Order().ToArray())
            {
                session.WaitUntil(at);
                session.Poll();
            }

            session.WaitUntil(end);
            told.Add(step.Which < 0 ? session.Use() : session.Present(step.Which));
        }

        return told;
    }
}
