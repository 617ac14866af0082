using System.Net;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>One primary, two replicas and three Sentinels that watch them, on loopback. They notice a death after a second.</summary>
internal sealed class LocalSentinel : IAsyncDisposable
{
    public const string ServiceName = "gateway";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<LocalRedis> _servers = [];
    private readonly List<(int Port, RedisProcess Process)> _sentinels = [];

    private LocalSentinel()
    {
    }

    /// <summary>In the order in which they were started: the first primary first.</summary>
    public IReadOnlyList<LocalRedis> Servers => _servers;

    public IReadOnlyList<RedisProcess> Sentinels => [.. _sentinels.Select(sentinel => sentinel.Process)];

    /// <summary>The Sentinels and the name of what they watch, in the form of <c>Redis:Configuration</c>.</summary>
    public string Configuration => $"{SentinelAddresses},serviceName={ServiceName}";

    private string SentinelAddresses => string.Join(',', _sentinels.Select(sentinel => $"127.0.0.1:{sentinel.Port}"));

    /// <param name="sentinelOptions">Further lines of each Sentinel's configuration.</param>
    /// <param name="serverOptions">Further options of each server.</param>
    public static async Task<LocalSentinel> StartAsync(string[]? sentinelOptions = null, string[]? serverOptions = null)
    {
        var group = new LocalSentinel();
        try
        {
            LocalRedis primary = await LocalRedis.StartWithAsync(serverOptions ?? []);
            group._servers.Add(primary);
            group._servers.Add(await LocalRedis.StartReplicaAsync(primary, serverOptions ?? []));
            group._servers.Add(await LocalRedis.StartReplicaAsync(primary, serverOptions ?? []));
            for (int index = 0; index < 3; index++)
            {
                await group.AddSentinelAsync(primary, sentinelOptions ?? []);
            }

            await Eventually.TrueAsync(group.AllKnowEachOtherAsync, () => "the Sentinels did not find each other and the replicas");
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server which the Sentinels name as the primary. It may be dead, while they have not noticed.</summary>
    public async Task<LocalRedis> PrimaryAsync()
    {
        await using ConnectionMultiplexer connection = await ConnectAsync();
        foreach (IServer sentinel in connection.GetServers().Where(server => server.IsConnected))
        {
            if (await sentinel.SentinelGetMasterAddressByNameAsync(ServiceName) is IPEndPoint address)
            {
                return _servers.Single(server => server.Port == address.Port);
            }
        }

        throw new InvalidOperationException("no Sentinel answers");
    }

    /// <summary>Waits until another server than <paramref name="old"/> is the primary by the Sentinels' word and by its own.</summary>
    public async Task<LocalRedis> PromotedAsync(LocalRedis old)
    {
        LocalRedis named = old;
        await Eventually.TrueAsync(
            async () => (named = await PrimaryAsync()) != old && (await named.CommandAsync("INFO", "replication")).Contains("role:master", StringComparison.Ordinal),
            () => "the Sentinels promoted no replica");
        return named;
    }

    /// <summary>Waits until every replica has what the primary had when this was called.</summary>
    public async Task ReplicatedAsync()
    {
        LocalRedis primary = await PrimaryAsync();
        await primary.ReplicatedAsync(_servers.Where(server => server != primary && server.IsRunning));
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((int _, RedisProcess process) in _sentinels)
        {
            await process.DisposeAsync();
        }

        foreach (LocalRedis server in _servers)
        {
            await server.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task AddSentinelAsync(LocalRedis primary, string[] options)
    {
        int port = FreePort.Next();
        string file = _directory.File($"sentinel-{port}.conf");
        await File.WriteAllLinesAsync(file,
        [
            $"port {port}",
            "bind 127.0.0.1",
            $"dir {_directory.Path}",
            $"sentinel monitor {ServiceName} 127.0.0.1 {primary.Port} 2",
            $"sentinel down-after-milliseconds {ServiceName} 1000",
            $"sentinel failover-timeout {ServiceName} 3000",
            .. options,
        ]);
        var process = new RedisProcess("+monitor master", [file, "--sentinel"]);
        _sentinels.Add((port, process));
        await process.RestartAsync();
    }

    private async Task<bool> AllKnowEachOtherAsync()
    {
        await using ConnectionMultiplexer connection = await ConnectAsync();
        foreach (IServer sentinel in connection.GetServers())
        {
            Dictionary<string, string> known = (await sentinel.SentinelMasterAsync(ServiceName)).ToDictionary();
            if (known["num-slaves"] != "2" || known["num-other-sentinels"] != "2")
            {
                return false;
            }
        }

        return true;
    }

    private Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.SentinelConnectAsync($"{SentinelAddresses},abortConnect=false,connectTimeout=500");
}
