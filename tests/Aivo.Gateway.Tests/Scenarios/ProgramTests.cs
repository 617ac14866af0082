using System.Diagnostics;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>The program as an operator meets it: arguments, refusal to start, orderly stop.</summary>
public sealed class ProgramTests
{
    [Fact]
    public async Task Help_NamesTheCommands()
    {
        (int exit, string output, _) = await GatewayProcess.RunAsync(["--help"]);
        Assert.Equal(0, exit);
        foreach (string word in new[] { "--config", "--version", "config", "users" })
        {
            Assert.Contains(word, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Version_IsPrinted()
    {
        (int exit, string output, _) = await GatewayProcess.RunAsync(["--version"]);
        Assert.Equal(0, exit);
        Assert.Matches(@"^\d+\.\d+\.\d+\s*$", output);
    }

    [Fact]
    public async Task UnknownArgument_IsAUsageError()
    {
        (int exit, _, string error) = await GatewayProcess.RunAsync(["--prot", "8080"]);
        Assert.Equal(2, exit);
        Assert.Contains("--prot", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OutsideDevelopment_WithoutConfiguration_ItSaysEverythingThatMustBeSet()
    {
        (int exit, string output, string error) = await GatewayProcess.RunAsync([], null, ("DOTNET_ENVIRONMENT", "Production"));
        Assert.Equal(1, exit);
        foreach (string key in new[] { "Gateway:Store", "Tokens:Issuer", "Tokens:Audience", "Tokens:SigningKeys", "Tokens:RefreshKeys", "Users:Provider", "AllowedHosts" })
        {
            Assert.Contains(key, error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigCheck_GivesTheSameVerdictOffline()
    {
        (int bad, string badOutput, _) = await GatewayProcess.RunAsync(["config", "check"], null, ("DOTNET_ENVIRONMENT", "Production"));
        Assert.Equal(1, bad);
        Assert.Contains("Tokens:Issuer", badOutput, StringComparison.Ordinal);
        using var directory = new TemporaryDirectory();
        (int good, string goodOutput, _) = await GatewayProcess.RunAsync(["config", "check"], null, ("DOTNET_ENVIRONMENT", "Development"), ("Gateway:DataDirectory", directory.Path));
        Assert.Equal(0, good);
        Assert.Contains("valid", goodOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigurationFileThatIsNotJson_IsNamedWithItsLine()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("broken.json"), "{\n  \"Gateway\": {\n    \"Store\" \"Redis\"\n  }\n}", TestContext.Current.CancellationToken);
        (int exit, string output, string error) = await GatewayProcess.RunAsync(["--config", directory.File("broken.json")], null, ("DOTNET_ENVIRONMENT", "Development"));
        Assert.Equal(1, exit);
        Assert.Contains("broken.json", error, StringComparison.Ordinal);
        Assert.Contains("line 3", error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminate_TurnsReadinessOffFirst_LetsRequestsEnd_AndExitsWithZero()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Destination destination = await Destination.StartAsync(async context =>
        {
            arrived.SetResult();
            await held.Task;
            context.Response.StatusCode = 204;
        });
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            ("Gateway:DrainDelay", "00:00:01"),
            ("ReverseProxy:Routes:slow:ClusterId", "slow"),
            ("ReverseProxy:Routes:slow:AuthorizationPolicy", "anonymous"),
            ("ReverseProxy:Routes:slow:Match:Path", "/slow"),
            ("ReverseProxy:Clusters:slow:Destinations:one:Address", destination.Address.ToString()));
        using var http = new HttpClient { BaseAddress = gateway.Address };
        Task<HttpResponseMessage> request = http.GetAsync("/slow", TestContext.Current.CancellationToken);
        await arrived.Task;
        await gateway.TerminateAsync();
        await gateway.WaitUntilAsync(HttpStatusCode.ServiceUnavailable);
        held.SetResult();
        using HttpResponseMessage answer = await request;
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(0, await gateway.WaitForExitAsync());
    }

    [Fact]
    public async Task DotnetRun_HonoursAspNetCoreUrls()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Aivo.Gateway.sln")))
        {
            root = Path.GetDirectoryName(root);
        }

        Assert.NotNull(root);
        using var directory = new TemporaryDirectory();
        int port = FreePort.Next();
        int management = FreePort.Next();
        var start = new ProcessStartInfo("dotnet", ["run", "--project", "src/Aivo.Gateway", "--no-build", "--configuration", Configuration])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Remove("DOTNET_ENVIRONMENT");
        start.Environment.Remove("ASPNETCORE_ENVIRONMENT");
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        start.Environment["Gateway__ManagementPort"] = $"{management}";
        start.Environment["Gateway__DataDirectory"] = directory.Path;
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            var watch = Stopwatch.StartNew();
            HttpStatusCode? status = null;
            while (status is null)
            {
                Assert.False(process.HasExited, process.HasExited ? await output + await error : "");
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "dotnet run did not listen where ASPNETCORE_URLS said");
                try
                {
                    using HttpResponseMessage answer = await http.GetAsync("/public/ready", TestContext.Current.CancellationToken);
                    status = answer.StatusCode;
                }
                catch (HttpRequestException)
                {
                    await Task.Delay(50, TestContext.Current.CancellationToken);
                }
            }

            Assert.Equal(HttpStatusCode.OK, status);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif
}
