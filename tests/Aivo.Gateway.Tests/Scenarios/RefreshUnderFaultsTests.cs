using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>
/// Fifty clients refresh through two gateways while Redis is killed, or a replica without the last writes takes its place: no honest
/// client is logged out, and no token that was rotated away comes back (R2, R5, R6, SR-47, SR-49).
/// </summary>
public sealed class RefreshUnderFaultsTests
{
    private const int Clients = 50;

    // T = 2 s and D = 2 s: W + Q = 10 s. Shorter, and a busy machine alone would break what the rules assume of clients and nodes.
    private static readonly TimeSpan ClientTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BothWindows = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(900);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RedisKilledAndRestarted_LogsNobodyOut_AndBringsNoTokenBack()
    {
        await using LocalRedis redis = await LocalRedis.StartDurableAsync();
        await RunAsync(redis.Configuration, async () =>
        {
            await redis.KillAsync();
            await redis.RestartAsync();
        });
    }

    [Fact]
    public async Task ReplicaPromotedWithoutTheLastWrites_LogsNobodyOut_AndBringsNoTokenBack()
    {
        await using LocalRedis primary = await LocalRedis.StartAsync();
        await using LocalRedis replica = await LocalRedis.StartReplicaAsync(primary);
        int written = 0;
        await RunAsync($"{primary.Configuration},{replica.Configuration}", async clients =>
        {
            // Each client has rotated at least twice on the primary alone when it dies.
            await replica.PromoteAsync();
            int[] before = [.. clients.Select(client => client.Succeeded)];
            await Eventually.TrueAsync(
                () => clients.Zip(before).All(pair => pair.First.Succeeded >= pair.Second + 2), () => "the clients stand still");
            written = clients.Zip(before).Sum(pair => pair.First.Succeeded - pair.Second);
            await primary.KillAsync();
        });
        Assert.True(written >= 2 * Clients);
    }

    private static Task RunAsync(string configuration, Func<Task> fault) => RunAsync(configuration, _ => fault());

    private static async Task RunAsync(string configuration, Func<RefreshingClient[], Task> fault)
    {
        using var directory = new TemporaryDirectory();
        (string, string)[] settings =
        [
            ("Gateway:Store", "Redis"),
            ("Gateway:DataDirectory", directory.Path),
            ("Redis:Configuration", configuration),
            ("Redis:ConnectTimeout", "00:00:01"),
            ("Sessions:ClientTimeout", "00:00:02"),
            ("Sessions:MaxHold", "00:00:02"),
            ("Sessions:MaxPerUser", "1000"),
            ("Throttling:AddressAttempts", "1000"),
        ];
        await using GatewayProcess nodeA = await GatewayProcess.StartAsync(settings);
        await using GatewayProcess nodeB = await GatewayProcess.StartAsync(settings);
        using var httpA = new HttpClient { BaseAddress = nodeA.Address };
        using var httpB = new HttpClient { BaseAddress = nodeB.Address };
        RefreshingClient[] clients = await LoginAsync([httpA, httpB]);

        using var stop = new CancellationTokenSource();
        Task[] running = [.. clients.Select(client => client.RunAsync(Pause, stop.Token))];
        await RefreshedAsync(clients, 3);
        await fault(clients);
        await RefreshedAsync(clients, 3);
        await stop.CancelAsync();
        await Task.WhenAll(running);

        Assert.Empty(clients.SelectMany(client => client.Refused));
        await AssertRotatedTokensStayDeadAsync(clients, httpB);
    }

    private static async Task<RefreshingClient[]> LoginAsync(HttpClient[] gateways)
    {
        SecretLedger.Note(DemoGateway.Password);
        var clients = new RefreshingClient[Clients];
        for (int index = 0; index < Clients; index++)
        {
            ContractClient.AuthResponse pair =
                await new ContractClient(gateways[index % gateways.Length]).LoginAsync(DemoGateway.Learner, DemoGateway.Password);
            clients[index] = new RefreshingClient(gateways, ClientTimeout, pair);
        }

        return clients;
    }

    /// <summary>Waits until every client has refreshed so many times more.</summary>
    private static Task RefreshedAsync(RefreshingClient[] clients, int times)
    {
        int[] before = [.. clients.Select(client => client.Succeeded)];
        return Eventually.TrueAsync(
            () => clients.Zip(before).All(pair => pair.First.Succeeded >= pair.Second + times || pair.First.Refused.Count > 0),
            () => $"{clients.Zip(before).Count(pair => pair.First.Succeeded < pair.Second + times)} clients did not refresh {times} times");
    }

    /// <summary>
    /// After both windows the tokens that clients have rotated away, before, during and after the fault, are refused: one per client,
    /// since that ends its session. The newest one rotated away is left out: where nobody has used its child yet, its owner may be one
    /// whose answer was lost.
    /// </summary>
    private static async Task AssertRotatedTokensStayDeadAsync(RefreshingClient[] clients, HttpClient gateway)
    {
        await Task.Delay(BothWindows + TimeSpan.FromMilliseconds(500), Cancellation);
        for (int index = 0; index < clients.Length; index++)
        {
            RefreshingClient client = clients[index];
            ContractClient.AuthResponse rotated = client.Earlier[^(2 + (index % (client.Earlier.Count - 1)))];
            var contract = new ContractClient(gateway);
            await RefusedAsync(contract, rotated);

            // That was a theft, as far as anybody can tell: the session is over for its owner too.
            await RefusedAsync(contract, client.Pair);
        }
    }

    private static async Task RefusedAsync(ContractClient client, ContractClient.AuthResponse pair)
    {
        using HttpResponseMessage answer = await client.SendAsync(
            HttpMethod.Post, "/auth/v1/refresh", pair.AccessToken, new { refreshToken = pair.RefreshToken });
        Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
    }
}
