using System.Diagnostics;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Scenarios;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>The gateway's one story against a Redis that it is told of by configuration alone.</summary>
internal static class SessionJourney
{
    public static (string Key, string Value)[] Settings(string configuration, params (string Key, string Value)[] more) =>
        [("Gateway:Store", "Redis"), ("Redis:Configuration", configuration), .. more];

    /// <summary>Starts a gateway, logs in, has a request forwarded, refreshes, logs out, and is refused.</summary>
    public static async Task RunAsync(params (string Key, string Value)[] settings)
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(settings);
        await RunAsync(gateway);
    }

    public static async Task RunAsync(GatewayProcess gateway)
    {
        using HttpClient http = Open(gateway);
        var client = new ContractClient(http);
        ContractClient.AuthResponse first = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", first.AccessToken));
        ContractClient.AuthResponse second = await client.RefreshAsync(first);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", second.AccessToken));
        Assert.Single(await client.SessionsAsync(second.AccessToken), session => session.Current);
        await client.LogoutAsync(second.AccessToken);
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", first.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", second.AccessToken));
        var gone = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => client.RefreshAsync(second));
        Assert.Equal(HttpStatusCode.Unauthorized, gone.Status);
    }

    /// <summary>
    /// Forwards again and again while <paramref name="fault"/> happens and is repaired, and returns for how long it was 503 after the
    /// repair. Every answer is 200 or 503: an outage ends nobody's session.
    /// </summary>
    public static async Task<TimeSpan> OutlastAsync(ContractClient client, ContractClient.AuthResponse pair, Func<Task> fault)
    {
        Task repair = fault();
        while (!repair.IsCompleted)
        {
            Assert.Contains(await client.StatusAsync("/demo/x", pair.AccessToken), (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable]);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await repair;
        var watch = Stopwatch.StartNew();
        await Eventually.TrueAsync(
            async () =>
            {
                HttpStatusCode status = await client.StatusAsync("/demo/x", pair.AccessToken);
                Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable]);
                return status == HttpStatusCode.OK;
            },
            () => "the gateway does not forward again");
        return watch.Elapsed;
    }

    /// <summary>A client that gives up after twice the longest hold, so that every answer is bounded in time.</summary>
    public static HttpClient Open(GatewayProcess gateway) => new() { BaseAddress = gateway.Address, Timeout = TimeSpan.FromSeconds(10) };
}
