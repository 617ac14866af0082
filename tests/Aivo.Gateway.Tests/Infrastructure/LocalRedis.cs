using System.Diagnostics;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// A redis-server process of one test, for tests that kill, stop or restart it. Keeps its port over a restart, and none of its data.
/// Needs a redis-server on the path.
/// </summary>
internal sealed class LocalRedis : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly int _port = FreePort.Next();
    private Process? _process;

    private LocalRedis()
    {
    }

    /// <summary>host:port.</summary>
    public string Configuration => $"127.0.0.1:{_port}";

    public static async Task<LocalRedis> StartAsync()
    {
        var redis = new LocalRedis();
        await redis.RestartAsync();
        return redis;
    }

    /// <summary>Starts the server, empty; ends it first where it runs.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        _process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"])
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

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task SignalAsync(string signal)
    {
        int id = _process?.Id ?? throw new InvalidOperationException("redis-server does not run");
        using Process kill = Process.Start("kill", [signal, $"{id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
