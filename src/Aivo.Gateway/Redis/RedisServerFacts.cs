using System.Collections.Frozen;
using System.Globalization;

namespace Aivo.Gateway.Redis;

/// <summary>What one server says of itself. Null where it does not say.</summary>
/// <param name="Server">Its address, for logs.</param>
internal sealed record RedisServerFacts(string Server)
{
    public required bool IsReplica { get; init; }
    public bool InfoReadable { get; init; }
    public Version? Version { get; init; }

    /// <summary><c>maxmemory-policy</c>.</summary>
    public string? EvictionPolicy { get; init; }
    public bool? AppendOnly { get; init; }
    public int? ConnectedReplicas { get; init; }

    // Asked of a primary alone.
    public bool ScriptsAvailable { get; init; } = true;
    public RedisCapabilities Capabilities { get; init; } = RedisCapabilities.All;

    /// <summary>The server's wall clock minus ours, off by the time of one reply at most.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <param name="information">The reply of <c>INFO</c>; null where it is not permitted.</param>
    public static RedisServerFacts Read(string server, bool isReplica, string? information)
    {
        FrozenDictionary<string, string> lines = (information ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return new RedisServerFacts(server)
        {
            IsReplica = isReplica,
            InfoReadable = information is not null,
            Version = Version.TryParse(lines.GetValueOrDefault("redis_version"), out Version? version) ? version : null,
            EvictionPolicy = lines.GetValueOrDefault("maxmemory_policy"),
            AppendOnly = lines.GetValueOrDefault("aof_enabled") is { } aof ? aof == "1" : null,
            ConnectedReplicas = int.TryParse(lines.GetValueOrDefault("connected_slaves"), CultureInfo.InvariantCulture, out int replicas) ? replicas : null,
        };
    }
}
