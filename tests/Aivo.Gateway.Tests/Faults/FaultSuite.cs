namespace Aivo.Gateway.Tests.Faults;

/// <summary>One fault at a time and nothing beside it: what is measured against leases wants the machine for itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultSuite
{
    public const string Name = "Faults";

    /// <summary><c>AIVO_TEST_FAULTS=long</c> runs everything for longer.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("AIVO_TEST_FAULTS") == "long";
}
