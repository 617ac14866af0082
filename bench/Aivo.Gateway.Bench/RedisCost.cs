using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Aivo.Gateway.Redis;
using StackExchange.Redis;

namespace Aivo.Gateway.Bench;

/// <summary>
/// For how long Redis' thread is busy with a sync and with the end of a session, by the nodes that hold leases and by the entries that are
/// new: CPU time of the server by its own count, sockets included, from connections that each wait for every reply. The server must be
/// of use to nobody else.
/// </summary>
internal sealed class RedisCost : IAsyncDisposable
{
    private const int Connections = 16;
    private const int Commands = 4_000;
    private const string Epoch = "epoch";
    private static readonly RedisKeys Keys = new("bench");

    private readonly List<ConnectionMultiplexer> _connections = [];
    private readonly List<Socket> _subscribers = [];
    private IServer _server = null!;
    private int _ends;

    public static async Task RunAsync(string redis, int rounds)
    {
        await using var cost = new RedisCost();
        for (int count = 0; count < Connections; count++)
        {
            cost._connections.Add(await ConnectionMultiplexer.ConnectAsync($"{redis},allowAdmin=true"));
        }

        EndPoint endpoint = cost._connections[0].GetEndPoints()[0];
        cost._server = cost._connections[0].GetServer(endpoint);
        Console.WriteLine("| | µs of Redis a command |");
        Console.WriteLine("|---|--:|");
        await cost.BeginAsync(1);
        await cost.PrintAsync("PING", rounds, static database => database.PingAsync());
        foreach (int nodes in new[] { 1, 10, 100, 1_000 })
        {
            await cost.BeginAsync(nodes);
            await cost.PrintAsync($"sync, nothing new, {nodes} nodes", rounds, database => SyncAsync(database, 0, false));
            await cost.PrintAsync($"sync that asks for leases, {nodes} nodes", rounds, database => SyncAsync(database, 0, true));
            await cost.PrintAsync($"end of a session, {nodes} nodes, nobody told", rounds, cost.EndAsync);
        }

        foreach (int entries in new[] { 1, 10, 100, 1_000 })
        {
            await cost.BeginAsync(1);
            for (int entry = 0; entry < entries; entry++)
            {
                await cost.EndAsync(cost._connections[0].GetDatabase());
            }

            await cost.PrintAsync($"sync with {entries} entries", rounds, database => SyncAsync(database, 0, false));
        }

        await cost.BeginAsync(1);
        foreach (int subscribers in new[] { 10, 100, 1_000 })
        {
            while (cost._subscribers.Count < subscribers)
            {
                await cost.SubscribeAsync((IPEndPoint)endpoint);
            }

            await cost.PrintAsync($"end of a session, 1 node, {subscribers} told", rounds, cost.EndAsync, Commands / 10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _subscribers.ForEach(static subscriber => subscriber.Dispose());
        foreach (ConnectionMultiplexer connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }

    private static Task<RedisResult> SyncAsync(IDatabaseAsync database, long applied, bool withLeases) => database.ScriptEvaluateAsync(
        RevocationScripts.Sync,
        [Keys.RevocationMeta(0), Keys.RevocationNumbers(0), Keys.RevocationKeep(0), Keys.RevocationLeases(0)],
        [Epoch, Node(0), 1, applied, 5_000, 100, withLeases ? 1 : 0]);

    private static string Node(int index) => index.ToString("x32", CultureInfo.InvariantCulture);

    private Task EndAsync(IDatabaseAsync database)
    {
        string session = Interlocked.Increment(ref _ends).ToString("x32", CultureInfo.InvariantCulture);
        return database.ScriptEvaluateAsync(
            SessionScripts.Commit,
            [Keys.RevocationMeta(0), Keys.RevocationNumbers(0), Keys.RevocationKeep(0), Keys.RevocationLeases(0), $"bench:{{0}}:session:{session}"],
            [Epoch, 0, RedisValue.EmptyString, new byte[300], 4_102_444_800_000, RedisValue.EmptyString, Keys.RevocationNews(0), RedisValue.EmptyString, "s" + session, 4_102_444_800_000]);
    }

    /// <summary>An empty log of so many nodes.</summary>
    private async Task BeginAsync(int nodes)
    {
        IDatabase database = _connections[0].GetDatabase();
        await _server.FlushAllDatabasesAsync();
        string id = (await _server.InfoAsync("replication")).SelectMany(static section => section).First(static field => field.Key == "master_replid").Value;
        await database.HashSetAsync(Keys.RevocationMeta(0), [new("epoch", Epoch), new("replid", id), new("open", 1), new("n", 0)]);
        await database.HashSetAsync(Keys.RevocationLeases(0), [.. Enumerable.Range(0, nodes).Select(static index => new HashEntry(Node(index), "123456:7890"))]);
    }

    private async Task SubscribeAsync(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _subscribers.Add(socket);
        await socket.ConnectAsync(endpoint);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"SUBSCRIBE {Keys.RevocationNews(0)}\r\n"));
        await socket.ReceiveAsync(new byte[256]);
    }

    private async Task PrintAsync(string name, int rounds, Func<IDatabaseAsync, Task> command, int commands = Commands)
    {
        var results = new List<double>();
        for (int round = -1; round < rounds; round++)
        {
            double before = await ProcessorAsync();
            await Task.WhenAll(_connections.Select(async connection =>
            {
                IDatabase database = connection.GetDatabase();
                for (int count = 0; count < commands / Connections; count++)
                {
                    await command(database);
                }
            }));
            double used = (await ProcessorAsync() - before) * 1e6 / (commands / Connections * Connections);
            if (round >= 0)
            {
                results.Add(used);
            }
        }

        results.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {results[results.Count / 2]:F1} |"));
    }

    /// <summary>Seconds of the server's processor time.</summary>
    private async Task<double> ProcessorAsync() => (await _server.InfoAsync("cpu")).SelectMany(static section => section)
        .Where(static field => field.Key is "used_cpu_user" or "used_cpu_sys").Sum(static field => double.Parse(field.Value, CultureInfo.InvariantCulture));
}
