using System.Collections.Concurrent;
using System.Diagnostics;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// One gateway as a process of its own, on loopback, with a data directory of its own unless one is given. When it ends, everything it
/// logged is searched for the secrets of the whole run.
/// </summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TemporaryDirectory? _directory;

    private GatewayProcess(Process process, int port, int managementPort, TemporaryDirectory? directory)
    {
        (_process, _directory) = (process, directory);
        Port = port;
        Address = new Uri($"http://127.0.0.1:{port}");
        Management = new Uri($"http://127.0.0.1:{managementPort}");
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Port { get; }

    public Uri Address { get; }

    public Uri Management { get; }

    public IReadOnlyCollection<string> Log => _lines;

    public int Id => _process.Id;

    public static string ProgramFile => Path.Combine(AppContext.BaseDirectory, "Aivo.Gateway.dll");

    /// <summary>Starts a gateway and waits until it says that it is ready.</summary>
    public static async Task<GatewayProcess> StartAsync(params (string Key, string Value)[] settings)
    {
        await OpenEpochs.ForNewDataAsync(settings);
        GatewayProcess gateway = Launch(settings);
        try
        {
            await gateway.WaitUntilAsync(HttpStatusCode.OK);
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a gateway and does not wait.</summary>
    public static GatewayProcess Launch(params (string Key, string Value)[] settings)
    {
        int port = FreePort.Next();
        int managementPort = FreePort.Next();
        bool ownDirectory = settings.All(setting => setting.Key != "Gateway:DataDirectory");
        TemporaryDirectory? directory = ownDirectory ? new TemporaryDirectory() : null;
        ProcessStartInfo start = StartInfo();
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        start.Environment["Gateway__ManagementPort"] = $"{managementPort}";
        if (directory is not null)
        {
            start.Environment["Gateway__DataDirectory"] = directory.Path;
        }

        foreach ((string key, string value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        Process process = Process.Start(start) ?? throw new InvalidOperationException("the gateway did not start");
        return new GatewayProcess(process, port, managementPort, directory);
    }

    /// <summary>Runs the program with arguments to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments, string? input = null, params (string Key, string Value)[] environment)
    {
        ProcessStartInfo start = StartInfo(arguments);
        start.RedirectStandardInput = true;
        foreach ((string key, string value) in environment)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        using Process process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Patience);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Waits until the readiness answer has the status.</summary>
    public async Task WaitUntilAsync(HttpStatusCode status)
    {
        using var client = new HttpClient { BaseAddress = Management, Timeout = TimeSpan.FromSeconds(5) };
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync("/health/ready");
                if (answer.StatusCode == status)
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet, or on a machine that is very busy.
            }

            if (_process.HasExited || watch.Elapsed > Patience)
            {
                throw new InvalidOperationException($"the gateway was not {status} in time; its last lines:\n{string.Join('\n', _lines.TakeLast(20))}");
            }

            await Task.Delay(25);
        }
    }

    /// <summary>Waits for a log line that contains the text.</summary>
    public async Task<string> LogLineAsync(string text)
    {
        string? line = null;
        await Eventually.TrueAsync(() => (line = _lines.FirstOrDefault(logged => logged.Contains(text, StringComparison.Ordinal))) is not null,
            () => $"the gateway did not log '{text}'; its last lines:\n{string.Join('\n', _lines.TakeLast(20))}");
        return line!;
    }

    /// <summary>Asks the process to stop, as Kubernetes does: SIGTERM.</summary>
    public async Task TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    public void KillHard() => _process.Kill();

    public async Task<int> WaitForExitAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory?.Dispose();
        SecretLedger.AssertNoneIn(_lines);
    }

    private static ProcessStartInfo StartInfo(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [ProgramFile, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (string inherited in start.Environment.Keys.Where(key => key.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || key.Contains("__", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(inherited);
        }

        return start;
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
