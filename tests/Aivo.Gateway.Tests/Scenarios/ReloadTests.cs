using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>A changed configuration of the running program: taken as a whole, or refused as a whole.</summary>
public sealed class ReloadTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ChangeByALinkThatMoved_IsTaken_ABadOneIsRefusedAndNamed_AndTheNextGoodOneIsTaken()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        using var configuration = new MountedConfiguration(Routes(destination, "first"));
        await using GatewayProcess gateway = await StartAsync(configuration);
        Assert.Equal(200, await StatusAsync(gateway, "/first/a"));

        await configuration.SwapAsync(Routes(destination, "second"));
        await UntilAsync(gateway, "/second/a", 200);
        Assert.Equal(404, await StatusAsync(gateway, "/first/a"));
        await MetricBecomesAsync(gateway, 0, "aivo_gateway_configuration_refused");

        // One good change and one bad one: neither counts.
        await configuration.SwapAsync(Routes(destination, "third").Replace("\"third\": {", "\"bad\": { \"ClusterId\": \"own\", \"Match\": { \"Path\": \"/bad\" } },\n\"third\": {", StringComparison.Ordinal));
        string line = await gateway.LogLineAsync("ConfigurationError");
        Assert.Contains("ReverseProxy:Routes:bad:AuthorizationPolicy", line, StringComparison.Ordinal);
        Assert.Contains("nobody has said", line, StringComparison.Ordinal);
        Assert.Contains("appsettings.json, line 3", line, StringComparison.Ordinal);
        await gateway.LogLineAsync("ConfigurationRefused");
        Assert.Equal((200, 404, 404), (await StatusAsync(gateway, "/second/a"), await StatusAsync(gateway, "/third/a"), await StatusAsync(gateway, "/bad")));
        await MetricBecomesAsync(gateway, 1, "aivo_gateway_configuration_refused");
        await MetricBecomesAsync(gateway, 1, "aivo_gateway_configuration_reloads_total", "result=\"refused\"");

        await configuration.SwapAsync(Routes(destination, "fourth"));
        await UntilAsync(gateway, "/fourth/a", 200);
        await MetricBecomesAsync(gateway, 0, "aivo_gateway_configuration_refused");
        await MetricBecomesAsync(gateway, 2, "aivo_gateway_configuration_reloads_total", "result=\"applied\"");
        Assert.True(await MetricAsync(gateway, "aivo_gateway_configuration_last_good_seconds") > 1_700_000_000);
        Assert.Single(gateway.Log, logged => logged.Contains("ConfigurationError", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, "is not a file that exists")]
    [InlineData("", "is not valid JSON at line 1")]
    [InlineData("{ \"ReverseProxy\": {\n", "is not valid JSON at line")]
    [InlineData("{ \"ReverseProxy\": { \"Routes\": { \"first\": null } }, \"Sessions\": { \"MaxPerUser\": 0 } }", "Sessions:MaxPerUser")]
    public async Task FileThatIsNoConfiguration_ChangesNothing(string? content, string said)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        using var configuration = new MountedConfiguration(Routes(destination, "first"));
        await using GatewayProcess gateway = await StartAsync(configuration);

        if (content is null)
        {
            configuration.RemoveFile();
        }
        else
        {
            await configuration.SwapAsync(content);
        }

        Assert.Contains(said, await gateway.LogLineAsync("ConfigurationError"), StringComparison.Ordinal);
        Assert.Equal(200, await StatusAsync(gateway, "/first/a"));
    }

    [Fact]
    public async Task RequestOnAClusterThatIsRemoved_Finishes()
    {
        var arrived = new TaskCompletionSource();
        var released = new TaskCompletionSource();
        await using RecordingDestination slow = await RecordingDestination.StartAsync(async context =>
        {
            arrived.TrySetResult();
            await released.Task;
            await context.Response.WriteAsync("finished");
        });
        await using RecordingDestination other = await RecordingDestination.StartAsync();
        using var configuration = new MountedConfiguration(Routes(slow, "first"));
        await using GatewayProcess gateway = await StartAsync(configuration);

        Task<RawAnswer> request = RawHttp.GetAsync(gateway.Port, "/first/a");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        await configuration.SwapAsync(Routes(other, "second").Replace("\"own\"", "\"another\"", StringComparison.Ordinal));
        await UntilAsync(gateway, "/second/a", 200);
        Assert.Equal(404, await StatusAsync(gateway, "/first/a"));
        released.SetResult();

        RawAnswer answer = await request;
        Assert.Equal((200, true), (answer.Status, answer.Body.Contains("finished", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ChangedClusterAndSettingsOfTheStart()
    {
        await using RecordingDestination before = await RecordingDestination.StartAsync(context => context.Response.WriteAsync("before"));
        await using RecordingDestination after = await RecordingDestination.StartAsync(context => context.Response.WriteAsync("after"));
        using var configuration = new MountedConfiguration(Routes(before, "first"));
        await using GatewayProcess gateway = await StartAsync(configuration);
        Assert.Contains("before", (await RawHttp.GetAsync(gateway.Port, "/first/a")).Body, StringComparison.Ordinal);

        await configuration.SwapAsync(Routes(after, "first", "\"Sessions\": { \"MaxPerUser\": 7 },"));
        await Eventually.TrueAsync(
            async () => (await RawHttp.GetAsync(gateway.Port, "/first/a")).Body.Contains("after", StringComparison.Ordinal), () => "the cluster was not changed");

        string line = await gateway.LogLineAsync("SettingsWaitForStart");
        Assert.Contains("\"Settings\":\"Sessions:MaxPerUser\"", line, StringComparison.Ordinal);
        await configuration.SwapAsync(Routes(before, "first"));
        await Eventually.TrueAsync(
            async () => (await RawHttp.GetAsync(gateway.Port, "/first/a")).Body.Contains("before", StringComparison.Ordinal), () => "the cluster was not changed back");
        Assert.Single(gateway.Log, logged => logged.Contains("SettingsWaitForStart", StringComparison.Ordinal));
    }

    private static string Routes(RecordingDestination destination, string name, string more = "") => $$"""
        { {{more}}
          "ReverseProxy": { "Routes": {
            "{{name}}": { "ClusterId": "own", "AuthorizationPolicy": "anonymous", "Match": { "Path": "/{{name}}/{**rest}" } } },
            "Clusters": { "own": { "Destinations": { "one": { "Address": "{{destination.Address}}" } } } } }
        }
        """;

    private static Task<GatewayProcess> StartAsync(MountedConfiguration configuration) =>
        GatewayProcess.StartAsync(("GATEWAY_CONFIG", configuration.Path), ("Gateway:ReloadInterval", "00:00:00.100"));

    private static async Task<int> StatusAsync(GatewayProcess gateway, string target) => (await RawHttp.GetAsync(gateway.Port, target)).Status;

    private static Task UntilAsync(GatewayProcess gateway, string target, int status) => Eventually.TrueAsync(
        async () => await StatusAsync(gateway, target) == status, () => $"{target} is not {status}; last lines:\n{string.Join('\n', gateway.Log.TakeLast(10))}");

    /// <summary>The exporter may give the same answer for a moment longer.</summary>
    private static Task MetricBecomesAsync(GatewayProcess gateway, double value, string name, string tag = "") => Eventually.TrueAsync(
        async () => await MetricAsync(gateway, name, tag) == value, () => $"{name} is not {value}");

    private static async Task<double> MetricAsync(GatewayProcess gateway, string name, string tag = "")
    {
        using var management = new HttpClient { BaseAddress = gateway.Management };
        string metrics = await management.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancelled);
        string? line = metrics.Split('\n').SingleOrDefault(each =>
            (each.StartsWith(name + "{", StringComparison.Ordinal) || each.StartsWith(name + " ", StringComparison.Ordinal)) && each.Contains(tag, StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
