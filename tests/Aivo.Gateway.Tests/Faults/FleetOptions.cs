namespace Aivo.Gateway.Tests.Faults;

/// <summary>How a fleet under load is made up.</summary>
internal sealed record FleetOptions
{
    /// <summary>The lease that all tests run with, which is the product's default.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    /// <summary>What this version promises between a 204 and the last forward of that session.</summary>
    public static readonly TimeSpan PromisedAfter204 = TimeSpan.Zero;

    public int Nodes { get; init; } = 2;

    public int Sessions { get; init; } = 20;

    /// <summary>The configuration of Redis; null where each node reaches the one server through a relay of its own.</summary>
    public string? Configuration { get; init; }

    /// <summary>The one server's port, where there are relays.</summary>
    public int RedisPort { get; init; }

    /// <summary>What is altered in the process, by node: one of <see cref="BrokenRules"/> or <see cref="Conditions"/>.</summary>
    public Func<int, string> AlterationOf { get; init; } = _ => "";

    /// <summary>Further settings, by node.</summary>
    public Func<int, IReadOnlyList<(string Key, string Value)>> SettingsOf { get; init; } = _ => [];

    public TimeSpan After204 { get; init; } = PromisedAfter204;

    /// <summary>
    /// What counts is when a request was checked, not when it arrived: the destination is in this process, and one that keeps the processors
    /// busy itself reads late what was sent in time. What is under way at an end, the tests without such a load judge.
    /// </summary>
    public bool ByCheck { get; init; }

    /// <summary>The fault takes the sessions as well, so that everybody has to log in again.</summary>
    public bool LosesSessions { get; init; }
}
