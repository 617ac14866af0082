namespace Aivo.Gateway.Tests.Revocation.Scale;

/// <summary>
/// For how long the one thread of Redis is busy with a command, in microseconds, its share of reading and writing sockets included: what
/// <c>bench/revocation.sh</c> measured (docs/scaling.md).
/// </summary>
internal sealed record RedisCosts
{
    /// <summary>A sync that brings nothing and asks for nothing.</summary>
    public double Sync { get; init; } = 32;

    public double EntryInSync { get; init; } = 1.9;

    /// <summary>A node's lease field in the reply to a sync or a commit.</summary>
    public double LeaseField { get; init; } = 0.55;

    /// <summary>The end of one session, without its lease fields and without telling anybody.</summary>
    public double Commit { get; init; } = 54;

    /// <summary>To tell one subscriber.</summary>
    public double Subscriber { get; init; } = 10;
}
