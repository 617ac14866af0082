using System.Diagnostics;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>A redis-server program, as a server or a Sentinel, that a test can start again, kill and stop. It ends with the test.</summary>
/// <param name="readyText">What it writes when it can be used.</param>
/// <param name="environment">Further variables of its environment.</param>
internal sealed class RedisProcess(string readyText, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Process? _process;

    public bool IsRunning => _process is not null;

    /// <summary>Starts the program; ends it first where it runs.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        var start = new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start) ?? throw new InvalidOperationException("redis-server did not start");
        using var deadline = new CancellationTokenSource(Patience);
        var lines = new List<string>();
        while (await _process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            lines.Add(line);
            if (line.Contains(readyText, StringComparison.Ordinal))
            {
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        throw new InvalidOperationException($"redis-server ended before it was ready:\n{string.Join('\n', lines)}");
    }

    /// <summary>Ends the program as by kill -9; returns when it is gone.</summary>
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

    /// <summary>Stops the program with its connections open (SIGSTOP): it no longer answers, and nothing says so.</summary>
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
