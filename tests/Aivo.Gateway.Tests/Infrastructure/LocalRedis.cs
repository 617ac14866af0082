using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// A redis-server process of one test, for tests that kill, stop or restart it. Keeps its port over a restart, and its data only where
/// the test asks for that. Needs a redis-server on the path.
/// </summary>
internal sealed class LocalRedis : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RedisProcess _process;
    private readonly Persistence _persistence;

    private LocalRedis(Persistence persistence, params string[] options)
        : this(persistence, movableClock: false, options)
    {
    }

    private LocalRedis(Persistence persistence, bool movableClock, string[] options)
    {
        _persistence = persistence;
        Port = FreePort.Next();
        _process = new RedisProcess("Ready to accept connections",
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0",
            "--dir", _directory.Path, "--appendonly", persistence == Persistence.EveryWrite ? "yes" : "no", "--appendfsync", "always",
            .. options.Select(option => option.Replace("{port}", $"{Port}", StringComparison.Ordinal)),
        ], movableClock ? MovedTime(ClockFile) : null);
    }

    private enum Persistence
    {
        None,
        OnSave,
        EveryWrite,
    }

    public int Port { get; }

    /// <summary>host:port.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    public bool IsRunning => _process.IsRunning;

    private string ClockFile => _directory.File("clock");

    /// <summary>A server that forgets everything when it ends.</summary>
    public static Task<LocalRedis> StartAsync(string? password = null) =>
        StartAsync(new LocalRedis(Persistence.None, password is null ? [] : ["--requirepass", password]));

    /// <summary>A server with options of its own, which win over the usual ones; <c>{port}</c> in them is its port.</summary>
    public static Task<LocalRedis> StartWithAsync(params string[] options) => StartAsync(new LocalRedis(Persistence.None, options));

    /// <summary>A server whose wall clock <see cref="MoveClockAsync"/> sets. Needs the faketime library where its package puts it.</summary>
    public static async Task<LocalRedis> StartWithMovableClockAsync()
    {
        var redis = new LocalRedis(Persistence.None, movableClock: true, []);
        await File.WriteAllTextAsync(redis.ClockFile, "+0");
        return await StartAsync(redis);
    }

    /// <summary>A server that loses nothing it has acknowledged: every write is on the disk before its answer.</summary>
    public static Task<LocalRedis> StartDurableAsync(params string[] options) => StartAsync(new LocalRedis(Persistence.EveryWrite, options));

    /// <summary>A server that comes back with what it held at the last <c>SAVE</c>: what it took after that is lost.</summary>
    public static Task<LocalRedis> StartWithSnapshotsAsync(params string[] options) => StartAsync(new LocalRedis(Persistence.OnSave, options));

    /// <summary>A server that follows <paramref name="primary"/>; returns when it has caught up for the first time.</summary>
    public static async Task<LocalRedis> StartReplicaAsync(LocalRedis primary, params string[] options)
    {
        LocalRedis replica = await StartAsync(new LocalRedis(Persistence.None, ["--replicaof", $"127.0.0.1 {primary.Port}", .. options]));
        await Eventually.TrueAsync(
            async () => (await replica.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal),
            () => "the replica did not catch up");
        return replica;
    }

    /// <summary>Makes a replica a primary. What the old primary takes from now on, this server will never have.</summary>
    public async Task PromoteAsync() => Assert.Equal("OK", await CommandAsync("REPLICAOF", "NO", "ONE"));

    /// <summary>Waits until the replicas have what this server had when this was called.</summary>
    public async Task ReplicatedAsync(IEnumerable<LocalRedis> replicas)
    {
        long offset = await OffsetAsync("master_repl_offset");
        foreach (LocalRedis replica in replicas)
        {
            await Eventually.TrueAsync(async () => await replica.OffsetAsync("slave_repl_offset") >= offset, () => "a replica does not follow");
        }
    }

    /// <summary>Sets the server's wall clock so much later than the machine's, or earlier; returns when the server says so.</summary>
    public async Task MoveClockAsync(TimeSpan later)
    {
        string next = _directory.File("clock.new");
        await File.WriteAllTextAsync(next, string.Create(CultureInfo.InvariantCulture, $"{later.TotalSeconds:+0;-0;+0}"));
        File.Move(next, ClockFile, overwrite: true);
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(Configuration);
        IServer server = connection.GetServer(new IPEndPoint(IPAddress.Loopback, Port));
        await Eventually.TrueAsync(
            async () => ((await server.TimeAsync()) - TimeProvider.System.GetUtcNow().UtcDateTime - later).Duration() < TimeSpan.FromSeconds(2),
            () => "the server's clock does not move: is the faketime library there?");
    }

    /// <summary>Runs one command on this server, whatever its role, on a connection of its own.</summary>
    public async Task<string> CommandAsync(string command, params object[] arguments)
    {
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync($"{Configuration},allowAdmin=true");
        return (string?)await connection.GetServer(new IPEndPoint(IPAddress.Loopback, Port)).ExecuteAsync(command, arguments) ?? "";
    }

    /// <summary>Starts the server; ends it first where it runs.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();

        if (_persistence == Persistence.None)
        {
            // What a replica has received from its primary stays in its directory, and would be loaded.
            File.Delete(_directory.File("dump.rdb"));
        }

        await _process.RestartAsync();
    }

    /// <summary>Ends the server as by kill -9; returns when it is gone.</summary>
    public Task KillAsync() => _process.KillAsync();

    /// <summary>Stops the server with its connections open (SIGSTOP): it no longer answers, and nothing says so.</summary>
    public Task PauseAsync() => _process.PauseAsync();

    public Task ResumeAsync() => _process.ResumeAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _directory.Dispose();
    }

    /// <remarks>
    /// The C library comes before jemalloc: the faketime library allocates when it is asked for the time first, and jemalloc asks for the time
    /// when it is to allocate first.
    /// </remarks>
    private static Dictionary<string, string> MovedTime(string file) => new()
    {
        ["LD_PRELOAD"] = "/usr/$LIB/faketime/libfaketime.so.1:libc.so.6",
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
    };

    private async Task<long> OffsetAsync(string name)
    {
        string line = (await CommandAsync("INFO", "replication")).Split("\r\n").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    private static async Task<LocalRedis> StartAsync(LocalRedis redis)
    {
        try
        {
            await redis.RestartAsync();
            return redis;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }
}
