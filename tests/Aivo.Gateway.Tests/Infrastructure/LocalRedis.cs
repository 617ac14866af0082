using System.Diagnostics;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// A redis-server process of one test, for tests that kill, stop or restart it. Keeps its port over a restart, and its data only where
/// the test asks for that. Needs a redis-server on the path.
/// </summary>
internal sealed class LocalRedis : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly int _port = FreePort.Next();
    private readonly TemporaryDirectory? _data;
    private readonly string[] _options;
    private Process? _process;

    private LocalRedis(TemporaryDirectory? data, string? password, LocalRedis? primary = null)
    {
        _data = data;
        _options =
        [
            "--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction",
            .. data is null ? ["--appendonly", "no"] : new[] { "--dir", data.Path, "--appendonly", "yes", "--appendfsync", "always" },
            .. password is null ? [] : new[] { "--requirepass", password },
            .. primary is null ? [] : new[] { "--replicaof", $"127.0.0.1 {primary._port}" },
        ];
    }

    /// <summary>host:port.</summary>
    public string Configuration => $"127.0.0.1:{_port}";

    /// <summary>A server that forgets everything when it ends.</summary>
    public static Task<LocalRedis> StartAsync(string? password = null) => StartAsync(new LocalRedis(null, password));

    /// <summary>A server that loses nothing it has acknowledged: every write is on the disk before its answer.</summary>
    public static Task<LocalRedis> StartDurableAsync() => StartAsync(new LocalRedis(new TemporaryDirectory(), null));

    /// <summary>A server that follows <paramref name="primary"/>; returns when it has caught up for the first time.</summary>
    public static async Task<LocalRedis> StartReplicaAsync(LocalRedis primary)
    {
        LocalRedis replica = await StartAsync(new LocalRedis(null, null, primary));
        await Eventually.TrueAsync(
            async () => (await replica.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal),
            () => "the replica did not catch up");
        return replica;
    }

    /// <summary>Makes a replica a primary. What the old primary takes from now on, this server will never have.</summary>
    public async Task PromoteAsync() => Assert.Equal("OK", await CommandAsync("REPLICAOF", "NO", "ONE"));

    /// <summary>Runs one command on a connection of its own.</summary>
    public async Task<string> CommandAsync(string command, params object[] arguments)
    {
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync($"{Configuration},allowAdmin=true");
        return (string?)await connection.GetDatabase().ExecuteAsync(command, arguments, CommandFlags.PreferMaster) ?? "";
    }

    /// <summary>Starts the server; ends it first where it runs.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        _process = Process.Start(new ProcessStartInfo("redis-server", _options)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        }) ?? throw new InvalidOperationException("redis-server did not start");
        using var deadline = new CancellationTokenSource(Patience);
        while (await _process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        throw new InvalidOperationException("redis-server ended before it was ready");
    }

    /// <summary>Ends the server as by kill -9; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>Stops the process with its connections open (SIGSTOP): it no longer answers, and nothing says so.</summary>
    public Task PauseAsync() => SignalAsync("-STOP");

    public Task ResumeAsync() => SignalAsync("-CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _data?.Dispose();
    }

    private static async Task<LocalRedis> StartAsync(LocalRedis redis)
    {
        await redis.RestartAsync();
        return redis;
    }

    private async Task SignalAsync(string signal)
    {
        int id = _process?.Id ?? throw new InvalidOperationException("redis-server does not run");
        using Process kill = Process.Start("kill", [signal, $"{id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
