namespace Aivo.Gateway.Redis;

/// <summary>What keeps a server from carrying the whole promise.</summary>
/// <param name="Name">A stable name, for logs.</param>
/// <param name="Consequence">What is promised in spite of it, and what to do, in a sentence or two.</param>
/// <param name="IsRefused">Whether a node must not be ready with such a server; otherwise the promise is less.</param>
internal sealed record RedisShortcoming(string Server, string Name, string Consequence, bool IsRefused = false)
{
    /// <summary>The name of the one that a node does not forward with either.</summary>
    public const string Evicts = "evicts";

    /// <summary>The scripts use <c>PXAT</c>, <c>ZMSCORE</c> and <c>ZADD GT</c>.</summary>
    private static readonly Version OldestVersion = new(6, 2);

    private static readonly TimeSpan FarthestClock = TimeSpan.FromSeconds(5);

    public static IEnumerable<RedisShortcoming> Of(RedisServerFacts facts, int waitReplicas) =>
        facts.IsReplica ? OfReplica(facts) : [.. OfServer(facts), .. OfRights(facts, waitReplicas), .. OfDurability(facts, waitReplicas)];

    private static IEnumerable<RedisShortcoming> OfReplica(RedisServerFacts facts)
    {
        if (facts.EvictionPolicy is { } policy and not "noeviction")
        {
            yield return new RedisShortcoming(facts.Server, "replica_evicts",
                $"this replica has maxmemory-policy {policy}: once it is promoted, no node is ready. Set noeviction on every server.");
        }
    }

    private static IEnumerable<RedisShortcoming> OfServer(RedisServerFacts facts)
    {
        if (!facts.InfoReadable)
        {
            yield return new RedisShortcoming(facts.Server, "info_denied",
                "INFO is not permitted, so version, maxmemory-policy, persistence and replicas are not checked. The promise holds with Redis 6.2 or later and noeviction only; permit +info, and until then see to both yourself.");
        }
        else if (facts.EvictionPolicy is null)
        {
            yield return new RedisShortcoming(facts.Server, "eviction_unknown",
                "INFO does not name maxmemory-policy. The promise holds with noeviction only; see to it yourself.");
        }

        if (facts.EvictionPolicy is { } policy and not "noeviction")
        {
            yield return new RedisShortcoming(facts.Server, Evicts,
                $"maxmemory-policy is {policy}: an evicted revocation would let an ended session live on. This node is not ready, and answers 503, until it is noeviction.", IsRefused: true);
        }

        if (facts.Version is { } version && version < OldestVersion)
        {
            yield return new RedisShortcoming(facts.Server, "too_old", $"its version is {version}, and the scripts need {OldestVersion}. This node is not ready.", IsRefused: true);
        }

        if (facts.ClockOffset.Duration() > FarthestClock)
        {
            yield return new RedisShortcoming(facts.Server, "clock_apart",
                $"its clock is {facts.ClockOffset.TotalSeconds:0} s from this node's: expiry would be misjudged. Keep both on time (NTP).");
        }
    }

    private static IEnumerable<RedisShortcoming> OfRights(RedisServerFacts facts, int waitReplicas)
    {
        if (!facts.ScriptsAvailable)
        {
            yield return new RedisShortcoming(facts.Server, "scripts_denied", "EVAL is not permitted, and every access is a script. This node is not ready; permit +eval +evalsha +script|load.", IsRefused: true);
            yield break; // what a script may do is not known then
        }

        if (!facts.Capabilities.ReplicationIdReadable)
        {
            yield return new RedisShortcoming(facts.Server, "replication_id_unreadable",
                "INFO cannot be used in scripts, so a server that was restarted or promoted without its last writes is not recognised: a log-out that was answered shortly before may be undone. Permit +info.");
        }

        foreach ((bool available, string name, string command, string right) in new[]
        {
            (facts.Capabilities.WaitAvailable, "wait_denied", "WAIT", "+wait"),
            (facts.Capabilities.ConnectionIdReadable, "client_id_denied", "CLIENT ID", "+client|id"),
        })
        {
            if (!available)
            {
                yield return waitReplicas > 0
                    ? new RedisShortcoming(facts.Server, name, $"{command} is not permitted, and acknowledgements of replicas (Redis:WaitReplicas) need it. This node is not ready; permit {right}, or set Redis:WaitReplicas to 0.", IsRefused: true)
                    : new RedisShortcoming(facts.Server, name, $"{command} is not permitted, so Redis:WaitReplicas cannot be raised: after a fail-over, log-outs of the last moments hold only while a gateway that knew them is there. Permit {right}.");
            }
        }

        if (!facts.Capabilities.PublishAvailable)
        {
            yield return new RedisShortcoming(facts.Server, "publish_denied",
                "PUBLISH is not permitted in scripts, so nodes learn of each other's log-outs with their next fetch: a log-out takes up to Revocation:SyncInterval longer. Permit +publish and the channels of the key prefix.");
        }
    }

    private static IEnumerable<RedisShortcoming> OfDurability(RedisServerFacts facts, int waitReplicas)
    {
        if (facts.ConnectedReplicas is { } replicas && replicas < waitReplicas)
        {
            yield return new RedisShortcoming(facts.Server, "too_few_replicas",
                $"{replicas} replicas follow it, and Redis:WaitReplicas is {waitReplicas}: nothing can be acknowledged, and every protected request is 503 until they do.");
        }

        if (facts.AppendOnly is false)
        {
            yield return new RedisShortcoming(facts.Server, "not_durable", facts.ConnectedReplicas > 0
                ? "it has no append-only file: restarted before a replica is promoted it comes back without its last writes or empty, and its replicas follow it. Set appendonly yes."
                : "it has neither an append-only file nor a replica: a restart ends every session, and everyone logs in again. Set appendonly yes.");
        }
    }
}
