namespace Aivo.Gateway.Tests.Faults;

/// <param name="Recovered">From the end of the last fault until every running node had served a request that was sent after it.</param>
internal sealed record FleetResult(IReadOnlyList<string> Violations, TimeSpan Recovered, Judge Judge)
{
    /// <summary>Two leases, the next attempt to connect, and what a machine with fewer cores than processes takes.</summary>
    public static readonly TimeSpan RecoveryBound = (2 * FleetOptions.Lease) + TimeSpan.FromSeconds(5);

    public void AssertPromisesHold()
    {
        TestContext.Current.SendDiagnosticMessage(
            $"{TestContext.Current.Test?.TestDisplayName}: served {Judge.Served}, put off {Judge.PutOff}, ended {Judge.LoggedOut}, served again after {Recovered.TotalSeconds:0.00} s");
        Assert.True(Violations.Count == 0, $"{Violations.Count} violations:\n{string.Join('\n', Violations.Take(20))}");
        Assert.True(Recovered <= RecoveryBound, $"V5: served again only after {Recovered}");
    }
}
