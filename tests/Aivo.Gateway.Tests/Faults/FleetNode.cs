using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>One node of a fleet: its gateway process, which may be killed and started again, and its own way to Redis.</summary>
internal sealed partial class FleetNode : IAsyncDisposable
{
    private readonly (string Key, string Value)[] _settings;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private GatewayProcess? _process;
    private volatile Uri? _address;
    private volatile bool _paused;

    private FleetNode(int number, TcpRelay? relay, (string Key, string Value)[] settings) => (Number, Relay, _settings) = (number, relay, settings);

    public int Number { get; }

    /// <summary>Null where Redis is more than one server.</summary>
    public TcpRelay? Relay { get; }

    public GatewayProcess Process => _process ?? throw new InvalidOperationException($"node {Number} does not run");

    public bool IsRunning => _process is not null;

    /// <summary>It runs, and is not stopped.</summary>
    public bool CanServe => _process is not null && !_paused;

    /// <param name="waits">Until it is ready; else it is only started.</param>
    public static async Task<FleetNode> StartAsync(int number, TcpRelay? relay, (string Key, string Value)[] settings, bool waits)
    {
        var node = new FleetNode(number, relay, settings);
        await node.StartAsync(waits);
        return node;
    }

    /// <summary>Sends to this node, on its present port; as to a dead host while it does not run.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new Uri(_address ?? throw new HttpRequestException($"node {Number} does not run"), request.RequestUri!);
        return _client.SendAsync(request, cancellationToken);
    }

    public async Task StartAsync(bool waits = true)
    {
        GatewayProcess process = waits ? await GatewayProcess.StartAsync(_settings) : GatewayProcess.Launch(_settings);
        (_process, _address) = (process, process.Address);
    }

    /// <summary>Waits until the readiness answer has the status, and among its checks this one: <c>"name":"state"</c>.</summary>
    public async Task SaysAsync(HttpStatusCode status, string check)
    {
        string last = "";
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using HttpResponseMessage answer = await _client.GetAsync(new Uri(Process.Management, "/health/ready"), TestContext.Current.CancellationToken);
                    last = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
                    return answer.StatusCode == status && last.Contains(check, StringComparison.Ordinal);
                }
                catch (HttpRequestException)
                {
                    return false; // it does not listen yet
                }
            },
            () => $"node {Number} does not say {check}: {last}");
    }

    /// <summary>How many revocations the node holds, by its own metrics.</summary>
    public async Task<long> EntriesAsync()
    {
        string metrics = await _client.GetStringAsync(new Uri(Process.Management, "/metrics"));
        return long.Parse(EntriesLine().Match(metrics).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>How much memory the process has had resident at most since <see cref="ForgetPeak"/>, and has now; in bytes.</summary>
    public (long Peak, long Now) Resident()
    {
        string[] status = File.ReadAllLines($"/proc/{Process.Id}/status");
        return (Bytes("VmHWM:"), Bytes("VmRSS:"));

        long Bytes(string name) => 1024 * long.Parse(
            status.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..^"kB".Length], CultureInfo.InvariantCulture);
    }

    /// <summary>The peak counts from now on (proc(5), <c>clear_refs</c>).</summary>
    public void ForgetPeak() => File.WriteAllText($"/proc/{Process.Id}/clear_refs", "5");

    /// <summary>kill -9; returns when the process is gone.</summary>
    public Task KillAsync()
    {
        Process.KillHard();
        return GoneAsync();
    }

    /// <summary>SIGTERM, and waits for the orderly end.</summary>
    public async Task TerminateAsync()
    {
        await Process.TerminateAsync();
        Assert.Equal(0, await Process.WaitForExitAsync());
        await GoneAsync();
    }

    /// <summary>Stops the process with everything open (SIGSTOP).</summary>
    public Task PauseAsync()
    {
        _paused = true;
        return SignalAsync("-STOP");
    }

    public async Task ResumeAsync()
    {
        await SignalAsync("-CONT");
        _paused = false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await GoneAsync();
        }

        _client.Dispose();
        if (Relay is not null)
        {
            await Relay.DisposeAsync();
        }
    }

    private async Task GoneAsync()
    {
        GatewayProcess process = Process;
        (_process, _address) = (null, null);
        await process.DisposeAsync();
    }

    private async Task SignalAsync(string signal)
    {
        using Process kill = System.Diagnostics.Process.Start("kill", [signal, $"{Process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    [GeneratedRegex(@"^aivo_gateway_revocation_entries(?:\{.*?\})? (\d+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex EntriesLine();
}
