namespace Aivo.Gateway.Redis;

/// <summary>What every primary that keeps our keys lets this user do. True until an inspection has found otherwise.</summary>
internal sealed record RedisCapabilities
{
    public static readonly RedisCapabilities All = new();

    /// <summary>Whether <c>INFO replication</c> names the replication id within a script. Without it a server that has lost writes is not recognised.</summary>
    public bool ReplicationIdReadable { get; init; } = true;

    /// <summary>Whether <c>WAIT</c> may be used.</summary>
    public bool WaitAvailable { get; init; } = true;

    /// <summary>Whether <c>CLIENT ID</c> may be used. Without it a silent reconnect cannot be told from an acknowledgement.</summary>
    public bool ConnectionIdReadable { get; init; } = true;

    /// <summary>Whether <c>PUBLISH</c> may be used within a script, on channels that begin with the key prefix.</summary>
    public bool PublishAvailable { get; init; } = true;
}
