using Aivo.Gateway.Redis;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>What the inspection makes of a server's own words.</summary>
public sealed class RedisShortcomingTests
{
    private const string Good = "# Server\r\nredis_version:7.0.15\r\n# Memory\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\nconnected_slaves:2\r\n";

    [Theory]
    [InlineData(Good, 2)]
    [InlineData(Good + "redis_version:ignored: the first one counts\r\n", 0)]
    public void ServerThatHasEverything_HasNoShortcoming(string information, int waitReplicas) =>
        Assert.Empty(RedisShortcoming.Of(Primary(information), waitReplicas));

    [Theory]
    [InlineData("redis_version:7.0.15", "redis_version:6.0.20", "too_old", true)]
    [InlineData("redis_version:7.0.15", "redis_version:6.2.0", null, false)]
    [InlineData("maxmemory_policy:noeviction", "maxmemory_policy:volatile-ttl", "evicts", true)]
    [InlineData("maxmemory_policy:noeviction", "used_memory:1", "eviction_unknown", false)]
    [InlineData("aof_enabled:1", "aof_enabled:0", "not_durable", false)]
    [InlineData("connected_slaves:2", "connected_slaves:1", "too_few_replicas", false)]
    public void EachLine_IsJudged(string line, string instead, string? shortcoming, bool refused)
    {
        RedisShortcoming[] found = [.. RedisShortcoming.Of(Primary(Good.Replace(line, instead, StringComparison.Ordinal)), waitReplicas: 2)];
        Assert.Equal(shortcoming is null ? [] : [(shortcoming, refused)], found.Select(one => (one.Name, one.IsRefused)));
    }

    [Theory, InlineData("wait_denied"), InlineData("client_id_denied")]
    public void WhatAcknowledgementsNeed_KeepsANodeFromBeingReadyOnlyWhereTheyAreAskedFor(string name)
    {
        RedisServerFacts facts = Primary(Good) with
        {
            Capabilities = new RedisCapabilities { WaitAvailable = name != "wait_denied", ConnectionIdReadable = name != "client_id_denied" },
        };
        Assert.Equal([(name, false)], RedisShortcoming.Of(facts, waitReplicas: 0).Select(one => (one.Name, one.IsRefused)));
        Assert.Equal([(name, true)], RedisShortcoming.Of(facts, waitReplicas: 1).Select(one => (one.Name, one.IsRefused)));
    }

    [Theory, InlineData(4, false), InlineData(-4, false), InlineData(6, true), InlineData(-6, true)]
    public void ClockMoreThanFiveSecondsAway_IsNamed(int seconds, bool named) =>
        Assert.Equal(named, RedisShortcoming.Of(Primary(Good) with { ClockOffset = TimeSpan.FromSeconds(seconds) }, 0).Any(one => one.Name == "clock_apart"));

    [Fact]
    public void Replica_IsJudgedByItsEvictionPolicyAlone()
    {
        RedisServerFacts replica = RedisServerFacts.Read("r", isReplica: true, Good.Replace("noeviction", "allkeys-lru", StringComparison.Ordinal));
        RedisShortcoming found = Assert.Single(RedisShortcoming.Of(replica, waitReplicas: 2));
        Assert.Equal(("replica_evicts", false), (found.Name, found.IsRefused));
        Assert.Empty(RedisShortcoming.Of(RedisServerFacts.Read("r", isReplica: true, null), waitReplicas: 2));
    }

    [Fact]
    public void Inspection_GivesWhatEveryPrimaryHas_AndIsReadyWithoutRefusals()
    {
        var inspection = new RedisServerInspection();
        Assert.Equal((false, "not_inspected"), (inspection.IsReady, inspection.Status));
        Assert.Equal(RedisCapabilities.All, inspection.Current);

        RedisServerFacts[] servers = [Primary(Good), Primary(Good) with { Capabilities = new RedisCapabilities { ReplicationIdReadable = false } }];
        Report(inspection, servers);
        Assert.Equal((true, "usable"), (inspection.IsReady, inspection.Status));
        Assert.Equal(new RedisCapabilities { ReplicationIdReadable = false }, inspection.Current);

        Report(inspection, [Primary(Good), Primary(Good.Replace("noeviction", "allkeys-lfu", StringComparison.Ordinal)) with { ScriptsAvailable = false }]);
        Assert.Equal((false, "evicts, scripts_denied"), (inspection.IsReady, inspection.Status));
    }

    [Theory]
    [InlineData(true, 1, true, 2, "promotion")]
    [InlineData(true, 0, true, 2, "outlasts a restart")]
    [InlineData(true, 0, false, 2, "as long as a replica has it")]
    [InlineData(true, 0, false, 0, "every session ends")]
    [InlineData(false, 1, true, 2, "not recognised")]
    public void Promise_IsTheLeastOfWhatThePrimariesGive(bool replicationId, int waitReplicas, bool appendOnly, int replicas, string expected)
    {
        RedisServerFacts least = Primary(Good) with
        {
            AppendOnly = appendOnly,
            ConnectedReplicas = replicas,
            Capabilities = new RedisCapabilities { ReplicationIdReadable = replicationId },
        };
        RedisServerFacts replica = RedisServerFacts.Read("r", isReplica: true, null);
        Assert.Contains(expected, RedisServerInspection.Promise([Primary(Good), least, replica], waitReplicas), StringComparison.Ordinal);
    }

    private static RedisServerFacts Primary(string information) => RedisServerFacts.Read("a", isReplica: false, information);

    private static void Report(RedisServerInspection inspection, RedisServerFacts[] servers) =>
        inspection.Report(servers, [.. servers.SelectMany(server => RedisShortcoming.Of(server, 0))]);
}
