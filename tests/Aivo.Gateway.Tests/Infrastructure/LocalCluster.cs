using System.Globalization;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>A Redis Cluster of three primaries on loopback, each with as many replicas as the test asks for. It notices a death after a second.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    private const int Primaries = 3;
    private const int Slots = 16_384;

    private readonly TemporaryDirectory _directory = new();
    private readonly List<LocalRedis> _servers = [];

    private LocalCluster()
    {
    }

    /// <summary>The first three were started as primaries; replica r of primary p is at 3 + r * 3 + p.</summary>
    public IReadOnlyList<LocalRedis> Servers => _servers;

    /// <summary>All servers, in the form of <c>Redis:Configuration</c>.</summary>
    public string Configuration => string.Join(',', _servers.Select(server => server.Configuration));

    public static async Task<LocalCluster> StartAsync(int replicas = 0, params string[] options)
    {
        var cluster = new LocalCluster();
        try
        {
            for (int index = 0; index < Primaries * (1 + replicas); index++)
            {
                await cluster.AddAsync(options);
            }

            await cluster.JoinAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The running server that holds the key, by the word of the first server that runs.</summary>
    public async Task<LocalRedis> PrimaryOfAsync(string key)
    {
        LocalRedis asked = _servers.First(server => server.IsRunning);
        int slot = int.Parse(await asked.CommandAsync("CLUSTER", "KEYSLOT", key), CultureInfo.InvariantCulture);
        foreach (string[] node in await NodesAsync(asked))
        {
            if (node[2].Contains("master", StringComparison.Ordinal) && node.Skip(8).Any(range => Holds(range, slot)))
            {
                return _servers.Single(server => node[1].StartsWith($"{server.Configuration}@", StringComparison.Ordinal));
            }
        }

        throw new InvalidOperationException($"nobody holds slot {slot}");
    }

    /// <summary>Waits until another server than <paramref name="old"/> holds the key and the cluster works again.</summary>
    public async Task<LocalRedis> PromotedAsync(LocalRedis old, string key)
    {
        LocalRedis holder = old;
        await Eventually.TrueAsync(
            async () => (holder = await PrimaryOfAsync(key)) != old && await IsWholeAsync(holder),
            () => "no replica took over");
        return holder;
    }

    /// <summary>Waits until the replicas of a primary have what it had when this was called.</summary>
    public Task ReplicatedAsync(LocalRedis owner)
    {
        int index = _servers.IndexOf(owner);
        return owner.ReplicatedAsync(_servers.Where((server, other) => other != index && other % Primaries == index % Primaries && server.IsRunning));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LocalRedis server in _servers)
        {
            await server.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task AddAsync(string[] options) => _servers.Add(await LocalRedis.StartWithAsync(
    [
        "--cluster-enabled", "yes", "--cluster-port", $"{FreePort.Next()}", "--cluster-node-timeout", "1000",
        "--cluster-config-file", _directory.File($"nodes-{_servers.Count}.conf"), "--cluster-replica-validity-factor", "0", .. options,
    ]));

    private async Task JoinAsync()
    {
        for (int index = 0; index < _servers.Count; index++)
        {
            await _servers[index].CommandAsync("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
            if (index < Primaries)
            {
                await _servers[index].CommandAsync("CLUSTER", "ADDSLOTSRANGE", Slots * index / Primaries, (Slots * (index + 1) / Primaries) - 1);
            }

            if (index > 0)
            {
                await _servers[0].CommandAsync("CLUSTER", "MEET", "127.0.0.1", _servers[index].Port, await BusPortAsync(_servers[index]));
            }
        }

        await Eventually.TrueAsync(() => AllAsync(KnowsAllAsync), () => "the servers did not find each other");
        for (int index = Primaries; index < _servers.Count; index++)
        {
            await _servers[index].CommandAsync("CLUSTER", "REPLICATE", await _servers[index % Primaries].CommandAsync("CLUSTER", "MYID"));
        }

        await Eventually.TrueAsync(() => AllAsync(IsWholeAsync), () => "the cluster did not come up");
        foreach (LocalRedis replica in _servers.Skip(Primaries))
        {
            await Eventually.TrueAsync(
                async () => (await replica.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal),
                () => "a replica did not catch up");
        }
    }

    private async Task<bool> AllAsync(Func<LocalRedis, Task<bool>> holds)
    {
        foreach (LocalRedis server in _servers)
        {
            if (!await holds(server))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> KnowsAllAsync(LocalRedis server) =>
        (await NodesAsync(server)).Count(node => !node[2].Contains("handshake", StringComparison.Ordinal)) == _servers.Count;

    private static async Task<bool> IsWholeAsync(LocalRedis server) =>
        (await server.CommandAsync("CLUSTER", "INFO")).Contains("cluster_state:ok", StringComparison.Ordinal);

    private static async Task<string> BusPortAsync(LocalRedis server) =>
        (await NodesAsync(server))[0][1].Split('@')[1].Split(',')[0];

    /// <summary>Each line of CLUSTER NODES in words: id, host:port@bus, flags, primary, …, and from the ninth on ranges of slots.</summary>
    private static async Task<string[][]> NodesAsync(LocalRedis server) =>
        [.. (await server.CommandAsync("CLUSTER", "NODES")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))];

    private static bool Holds(string range, int slot)
    {
        int[] ends = [.. range.Split('-').Select(end => int.TryParse(end, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        return slot >= ends[0] && slot <= ends[^1];
    }
}
