using System.Diagnostics;
using System.Net.Sockets;
using Aivo.Gateway.Tests.Infrastructure;
using Testcontainers.Redis;

[assembly: Xunit.AssemblyFixture(typeof(RedisServer))]

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// One real Redis for the whole test run: a container where a Docker engine answers, else a local redis-server. Tests share it by
/// using a key prefix of their own. <c>AIVO_TEST_REDIS</c> = <c>container</c> or <c>local</c> insists on one of the two.
/// </summary>
public sealed class RedisServer : IAsyncLifetime
{
    private RedisContainer? _container;
    private Process? _process;

    /// <summary>host:port.</summary>
    public string Configuration { get; private set; } = "";

    public static string NewKeyPrefix() => $"test:{Guid.CreateVersion7():N}";

    public async ValueTask InitializeAsync()
    {
        string wanted = Environment.GetEnvironmentVariable("AIVO_TEST_REDIS") ?? (await DockerAnswersAsync() ? "container" : "local");
        if (wanted == "container")
        {
            _container = new RedisBuilder("redis:7").Build();
            await _container.StartAsync();
            Configuration = _container.GetConnectionString();
            return;
        }

        int port = FreePort.Next();
        _process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        }) ?? throw new InvalidOperationException("redis-server did not start");
        await WaitUntilReadyAsync(_process);
        _ = _process.StandardOutput.ReadToEndAsync();
        Configuration = $"127.0.0.1:{port}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_container is not null)
        {
            await _container.DisposeAsync();
        }

        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }

    private static async Task WaitUntilReadyAsync(Process process)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException("redis-server ended before it was ready");
    }

    private static async Task<bool> DockerAnswersAsync()
    {
        string host = Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
        if (!host.StartsWith("unix://", StringComparison.Ordinal))
        {
            return true;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(host["unix://".Length..]));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
