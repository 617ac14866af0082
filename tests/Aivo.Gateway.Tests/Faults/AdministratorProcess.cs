using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// An <see cref="Administrator"/> as a process of its own that stands back wherever processors are short: what is measured beside its work
/// is to be what that asks of the nodes and of Redis, and not what the work itself takes.
/// </summary>
internal sealed class AdministratorProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<long>> _asked = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private int _last;

    private AdministratorProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>How often Redis did not have an end, or a beginning, confirmed in time, and was asked again.</summary>
    public int Repeated { get; private set; }

    public static async Task<AdministratorProcess> StartAsync(string configuration)
    {
        // Ten below the tests' priority, about a tenth of the weight: with the least there is it cannot keep its own lease on a busy machine.
        // It runs the tests' own program, which does not get to its Main.
        string program = Assembly.GetExecutingAssembly().Location;
        var start = new ProcessStartInfo("nice", ["-n", "10", "dotnet", program])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_STARTUP_HOOKS"] = program;
        start.Environment[AdministratorLines.Variable] = configuration;
        var administrator = new AdministratorProcess(Process.Start(start) ?? throw new InvalidOperationException("the administrator did not start"));
        try
        {
            await administrator._joined.Task.WaitAsync(Patience);
            return administrator;
        }
        catch
        {
            await administrator.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins that many sessions, 50 a user, of users of four tenants.</summary>
    public Task BeginSessionsAsync(int count) => AskAsync(AdministratorLines.Begin, $"{count}");

    /// <summary>Ends all of them at once, tenant by tenant and all tenants together; returns when no node would forward one.</summary>
    public Task EndTenantsAsync() => AskAsync(AdministratorLines.EndTenants, "all");

    /// <summary>Ends the session of a client, who is told at once.</summary>
    public async Task EndAsync(FaultFleet fleet, ContractClient.AuthResponse pair) =>
        fleet.Ended(pair, await AskAsync(AdministratorLines.End, Scenarios.SessionListTests.SessionOf(pair)));

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _reading;
        _process.Dispose();
        _writing.Dispose();
    }

    /// <returns>When it was done.</returns>
    private async Task<long> AskAsync(string what, string about)
    {
        int number = Interlocked.Increment(ref _last);
        var done = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[number] = done;
        await _writing.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{number} {what} {about}"));
            await _process.StandardInput.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }

        return await (await Task.WhenAny(done.Task, FailedAsync()));
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == AdministratorLines.Joined)
            {
                _joined.SetResult();
                continue;
            }

            string[] words = line.Split(' ');
            Repeated = int.Parse(words[2], CultureInfo.InvariantCulture);
            _asked[int.Parse(words[0], CultureInfo.InvariantCulture)].SetResult(long.Parse(words[1], CultureInfo.InvariantCulture));
        }

        _joined.TrySetException(Ended());
    }

    private async Task<long> FailedAsync()
    {
        await _reading;
        throw Ended();
    }

    private InvalidOperationException Ended() => new($"the administrator ended:\n{string.Join('\n', _errors)}");
}
