using System.Globalization;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>What happens to the fleet. <c>Who</c> is a node, <c>For</c> how long it lasts (ms), <c>Extra</c> as said.</summary>
internal enum Happening
{
    /// <summary>A client ends session Extra.</summary>
    Logout,

    /// <summary>A client sends a request of session Extra, which waits For before the check and as long again for a connection.</summary>
    Forward,

    /// <summary>SIGSTOP, then SIGCONT.</summary>
    Pause,

    /// <summary>kill -9, then a new process.</summary>
    Crash,

    /// <summary>An orderly stop, then a new process.</summary>
    Stop,

    /// <summary>The node reaches no server.</summary>
    Cut,

    /// <summary>Its messages take up to Extra.</summary>
    Slow,

    /// <summary>The master ends and is master again when it is back, without the writes of the last Extra.</summary>
    Restart,

    /// <summary>The master comes back without data.</summary>
    EmptyRestart,

    Flush,

    /// <summary>
    /// The most advanced replica is promoted, or the least where Extra is odd. The rest follow it within For; until then the old master
    /// takes writes, and nodes whose bit is set in Extra / 2 are told that it is the master.
    /// </summary>
    Promote,

    /// <summary>Replica Who gets its writes Extra late.</summary>
    Lag,

    /// <summary>Replica Who gets none.</summary>
    CutReplica,

    /// <summary>The master's wall clock jumps by Extra.</summary>
    JumpClock,
}

/// <param name="At">From the beginning (ms).</param>
internal sealed record Act(long At, Happening What, int Who = 0, long For = 0, long Extra = 0)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"new({At}, Happening.{What}, Who: {Who}, For: {For}, Extra: {Extra})");
}

/// <param name="Seed">Of the delays of the messages.</param>
/// <param name="Replicated">Three servers and WAIT 1, or one server.</param>
/// <param name="Confirm">Whether an end waits for the other nodes, or may take a lease to reach them.</param>
/// <param name="Noise">How many of a thousand messages are lost, and as many again come late.</param>
internal sealed record History(ulong Seed, int Nodes, bool Replicated, bool Confirm, int Noise, Act[] Acts)
{
    /// <summary>As source text.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"new History({Seed}, Nodes: {Nodes}, Replicated: {(Replicated ? "true" : "false")}, Confirm: {(Confirm ? "true" : "false")}, Noise: {Noise},\n[\n{string.Concat(Acts.Select(act => $"    {act},\n"))}])");
}
