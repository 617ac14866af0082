namespace Aivo.Gateway.Tests.Faults;

/// <summary>The judge is told what it must see, and what it must let pass.</summary>
public sealed class JudgeTests
{
    private static readonly long Second = TimeProvider.System.TimestampFrequency;

    [Fact]
    public void ForwardThatArrivesAfterThe204_IsAViolation_HoweverEarlyItWasChecked()
    {
        var judge = new Judge();
        judge.Ended("a", 1_000);
        Assert.Empty(judge.Violations([new("a", 0, ReceivedAt: 1_000, CheckedAt: 900), new("b", 0, 2_000, 1_900)]));
        string found = Assert.Single(judge.Violations([new("a", 0, ReceivedAt: 1_001, CheckedAt: 999)]));
        Assert.StartsWith("V1", found, StringComparison.Ordinal);
    }

    [Fact]
    public void NodeThatWasStopped_IsJudgedByTheTimeOfItsCheck()
    {
        var judge = new Judge();
        judge.Ended("a", 1_000);
        judge.Stopped[1] = true;
        Assert.Empty(judge.Violations([new("a", 1, ReceivedAt: 5_000, CheckedAt: 999)]));
        Assert.Single(judge.Violations([new("a", 1, ReceivedAt: 5_000, CheckedAt: 1_001)]));
        Assert.Single(judge.Violations([new("a", 0, ReceivedAt: 5_000, CheckedAt: 999)]));
    }

    [Fact]
    public void WhereRequestsInFlightFinish_TheCheckIsJudged()
    {
        var judge = new Judge { ByCheck = true };
        judge.Ended("a", 1_000);
        Assert.Empty(judge.Violations([new("a", 1, ReceivedAt: 5_000, CheckedAt: 999)]));
        Assert.Single(judge.Violations([new("a", 1, ReceivedAt: 5_000, CheckedAt: 1_001)]));
    }

    [Fact]
    public void WeakerPromise_ToleratesItsBoundAndNoMore()
    {
        var judge = new Judge { After204 = TimeSpan.FromSeconds(1) };
        judge.Ended("a", 0);
        Assert.Empty(judge.Violations([new("a", 0, Second, Second)]));
        Assert.Single(judge.Violations([new("a", 0, Second + 1, 0)]));
    }

    [Fact]
    public void OnlyTheFirst204Counts_AndWhatClientsSawIsReported()
    {
        var judge = new Judge();
        judge.Ended("a", 1_000);
        judge.Ended("a", 9_000);
        judge.Broken("V4: refresh answered 401");
        Assert.Equal(2, judge.Violations([new("a", 0, 2_000, 2_000)]).Count);
        Assert.Equal(1, judge.LoggedOut);
    }
}
