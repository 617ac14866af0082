namespace Aivo.Gateway.Redis;

/// <summary>The last inspection of the servers, for readiness and for those who have to know what Redis lets them do.</summary>
internal sealed class RedisServerInspection
{
    private sealed record Result(RedisCapabilities Capabilities, string Status, bool IsReady, bool KeepsEntries);

    private volatile Result _result = new(RedisCapabilities.All, "not_inspected", false, false);

    public RedisCapabilities Current => _result.Capabilities;

    /// <summary>Whether Redis was inspected and can be relied on. False also before the first inspection: nothing is known then.</summary>
    public bool IsReady => _result.IsReady;

    /// <summary>
    /// Whether no primary says that it evicts. Where one does, a node may lack a revocation and cannot tell. False also before the first
    /// inspection.
    /// </summary>
    public bool KeepsEntries => _result.KeepsEntries;

    /// <summary><c>not_inspected</c>, <c>usable</c>, or the names of the shortcomings that keep this node from being ready.</summary>
    public string Status => _result.Status;

    public void Report(IReadOnlyCollection<RedisServerFacts> servers, IReadOnlyCollection<RedisShortcoming> shortcomings)
    {
        RedisCapabilities[] primaries = [.. servers.Where(server => !server.IsReplica).Select(server => server.Capabilities)];
        string[] refused = [.. shortcomings.Where(shortcoming => shortcoming.IsRefused).Select(shortcoming => shortcoming.Name).Distinct().Order(StringComparer.Ordinal)];
        _result = new Result(
            new RedisCapabilities
            {
                ReplicationIdReadable = primaries.All(primary => primary.ReplicationIdReadable),
                WaitAvailable = primaries.All(primary => primary.WaitAvailable),
                ConnectionIdReadable = primaries.All(primary => primary.ConnectionIdReadable),
                PublishAvailable = primaries.All(primary => primary.PublishAvailable),
            },
            refused.Length == 0 ? "usable" : string.Join(", ", refused), refused.Length == 0, !refused.Contains(RedisShortcoming.Evicts));
    }

    /// <summary>What a loss of Redis does to log-outs that were answered, in a sentence.</summary>
    public static string Promise(IReadOnlyCollection<RedisServerFacts> servers, int waitReplicas)
    {
        RedisServerFacts[] primaries = [.. servers.Where(server => !server.IsReplica)];
        bool Every(Func<RedisServerFacts, bool> holds) => Array.TrueForAll(primaries, primary => holds(primary));
        if (!Every(primary => primary.Capabilities.ReplicationIdReadable))
        {
            return "a log-out that was answered holds as long as Redis loses no write; a loss is not recognised";
        }

        if (waitReplicas > 0 && Every(primary => primary.Capabilities.WaitAvailable))
        {
            return $"a log-out that was answered is on {waitReplicas} replicas, so it outlasts the promotion of one that has it, whatever becomes of the gateways";
        }

        if (Every(primary => primary.AppendOnly == true))
        {
            return "a log-out that was answered outlasts a restart of Redis; what a restart or a fail-over loses, gateways that knew it write again";
        }

        return Every(primary => primary.ConnectedReplicas > 0)
            ? "a log-out that was answered outlasts a fail-over as long as a replica has it, or a gateway that knew it is there"
            : "a log-out that was answered holds; when Redis restarts, every session ends";
    }
}
