using System.Diagnostics;
using System.Globalization;
using Aivo.Gateway.Tests.Infrastructure;
using StackExchange.Redis;
using static Aivo.Gateway.Tests.Scenarios.SessionListTests;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Management of sessions by gateway processes that share one Redis.</summary>
public sealed class SharedSessionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AllOnOneNode_EndsTheSessionsOfTheOther_AndLoginsUnderWayAreVerifiedAgain()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        (string, string)[] settings = [.. Settings(redis), ("Throttling:ConcurrentHashes", "1"), ("Throttling:QueuedHashes", "100"), ("Throttling:AccountAttempts", "100")];
        Task<GatewayProcess> startingA = GatewayProcess.StartAsync(settings), startingB = GatewayProcess.StartAsync(settings);
        await using GatewayProcess nodeA = await startingA;
        await using GatewayProcess nodeB = await startingB;
        using HttpClient httpA = Open(nodeA), httpB = Open(nodeB);
        var a = new ContractClient(httpA);
        var b = new ContractClient(httpB);
        ContractClient.AuthResponse mine = await LoginAsync(a);
        ContractClient.AuthResponse[] before = await Task.WhenAll(LoginAsync(b), LoginAsync(b), LoginAsync(a));
        Assert.Equal(4, (await b.SessionsAsync(mine.AccessToken)).Count);

        // Log-ins that are waiting for their password to be hashed, while the other node ends everything.
        var watch = Stopwatch.StartNew();
        Task<(ContractClient.AuthResponse? Pair, TimeSpan Answered)>[] underWay = [.. Enumerable.Range(0, 12).Select(async _ =>
        {
            using HttpResponseMessage answer = await b.SendAsync(HttpMethod.Post, "/auth/v1/login", null, new { email = DemoGateway.Learner, password = DemoGateway.Password });
            string body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            var pair = answer.IsSuccessStatusCode ? System.Text.Json.JsonSerializer.Deserialize<ContractClient.AuthResponse>(body, ContractClient.Strict) : null;
            return (pair, watch.Elapsed);
        })];
        await Task.WhenAny(underWay);
        TimeSpan began = watch.Elapsed;
        await a.LogoutAsync(mine.AccessToken, "all");

        await AssertEndedAsync([a, b], [mine, .. before]);
        ContractClient.AuthResponse later = await LoginAsync(b);
        HashSet<string> live = [.. (await a.SessionsAsync(later.AccessToken)).Select(session => session.Id)];
        foreach ((ContractClient.AuthResponse? pair, TimeSpan answered) in await Task.WhenAll(underWay))
        {
            if (pair is not null)
            {
                SecretLedger.Note(pair.AccessToken);
                SecretLedger.Note(pair.RefreshToken);
                Assert.False(answered < began && live.Contains(SessionOf(pair)), "a session from before the log-out of all is live");
            }
        }
    }

    [Fact]
    public async Task LoginBeyondTheBound_EndsTheOldest_BeforeItAnswers()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync([.. Settings(redis), ("Sessions:MaxPerUser", "2")]);
        using HttpClient http = Open(gateway);
        var client = new ContractClient(http);
        List<ContractClient.AuthResponse> pairs = [];
        for (int i = 0; i < 4; i++)
        {
            pairs.Add(await LoginAsync(client));
            HttpStatusCode[] statuses = await Task.WhenAll(pairs.Select(pair => client.StatusAsync("/demo/x", pair.AccessToken)));
            Assert.Equal(pairs.Select((_, age) => age < pairs.Count - 2 ? HttpStatusCode.Unauthorized : HttpStatusCode.OK), statuses);
        }

        Assert.Equal([SessionOf(pairs[3]), SessionOf(pairs[2])], (await client.SessionsAsync(pairs[3].AccessToken)).Select(session => session.Id));
        await gateway.LogLineAsync("\"Reason\":\"too_many_sessions\"");
    }

    [Fact]
    public async Task Login_TakesThreeCallsToRedis_BesidesTheSync()
    {
        const int Logins = 10;
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync([.. Settings(redis), ("Revocation:SyncInterval", "00:00:05"), ("Revocation:Lease", "00:00:10")]);
        using HttpClient http = Open(gateway);
        var client = new ContractClient(http);
        await LoginAsync(client); // Redis learns the scripts
        var watch = Stopwatch.StartNew();
        long before = await ScriptCallsAsync(redis);
        for (int i = 0; i < Logins; i++)
        {
            await LoginAsync(client);
        }

        // Each waits for a sync of its own, since none runs beside it; the interval adds a few where the machine is slow.
        long calls = await ScriptCallsAsync(redis) - before;
        Assert.InRange(calls, Logins * (3 + 1), (Logins * (3 + 1)) + 1 + (long)(watch.Elapsed / TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task RedisThatIsAway_Is503_AndTheRepeatedCallSucceeds()
    {
        await using LocalRedis redis = await LocalRedis.StartDurableAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Settings(redis));
        using HttpClient http = Open(gateway);
        var client = new ContractClient(http);
        ContractClient.AuthResponse mine = await LoginAsync(client), other = await LoginAsync(client);
        await redis.KillAsync();
        foreach ((HttpMethod method, string path) in new[]
        {
            (HttpMethod.Get, "/auth/v1/sessions"),
            (HttpMethod.Delete, "/auth/v1/sessions/" + SessionOf(other)),
            (HttpMethod.Post, "/auth/v1/logout?scope=others"),
            (HttpMethod.Post, "/auth/v1/logout?scope=all"),
        })
        {
            using HttpResponseMessage answer = await client.SendAsync(method, path, mine.AccessToken, null);
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{path}: {answer.StatusCode}");
            Assert.Equal("temporarily_unavailable", (await ContractClient.ErrorAsync(answer)).Code);
        }

        await gateway.WaitUntilAsync(HttpStatusCode.ServiceUnavailable);
        await redis.RestartAsync();
        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        await client.EndSessionAsync(mine.AccessToken, SessionOf(other));
        await client.LogoutAsync(mine.AccessToken, "others");
        await client.LogoutAsync(mine.AccessToken, "all");
        await AssertEndedAsync([client], [mine, other]);
    }

    [Fact]
    public async Task DisabledUser_IsRefusedByARunningGateway_AndTheCommandSaysWhatToDoWithoutRedis()
    {
        await using LocalRedis redis = await LocalRedis.StartDurableAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Settings(redis));
        using HttpClient http = Open(gateway);
        var client = new ContractClient(http);
        ContractClient.AuthResponse first = await LoginAsync(client), second = await LoginAsync(client);
        ContractClient.AuthResponse foreign = await client.LoginAsync("admin@example.com", DemoGateway.Password);

        await redis.KillAsync();
        (int exit, _, string error) = await DisableAsync(redis);
        Assert.Equal(1, exit);
        Assert.Contains("Run the command again", error, StringComparison.Ordinal);

        await gateway.WaitUntilAsync(HttpStatusCode.ServiceUnavailable);
        await redis.RestartAsync();
        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        (exit, string output, error) = await DisableAsync(redis);
        Assert.True(exit == 0, error);
        Assert.Contains("ended 2 sessions", output, StringComparison.Ordinal);
        await Eventually.TrueAsync(
            async () => await client.StatusAsync("/demo/x", first.AccessToken) == HttpStatusCode.Unauthorized, () => "the gateway still forwards a disabled user");
        await AssertEndedAsync([client], [first, second]);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", foreign.AccessToken));
        await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => LoginAsync(client));
    }

    private (string Key, string Value)[] Settings(LocalRedis redis) =>
        [("Gateway:Store", "Redis"), ("Gateway:DataDirectory", _directory.Path), ("Redis:Configuration", redis.Configuration), ("Redis:ConnectTimeout", "00:00:01")];

    private Task<(int ExitCode, string Output, string Error)> DisableAsync(LocalRedis redis) => GatewayProcess.RunAsync(
        ["users", "disable", DemoGateway.Learner], "", [("DOTNET_ENVIRONMENT", "Development"), .. Settings(redis)]);

    private static HttpClient Open(GatewayProcess gateway) => new() { BaseAddress = gateway.Address, Timeout = TimeSpan.FromSeconds(15) };

    private static Task<ContractClient.AuthResponse> LoginAsync(ContractClient client) => client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);

    /// <summary>Other nodes follow within the lease; refreshes are refused at once, since they read the record.</summary>
    private static async Task AssertEndedAsync(ContractClient[] nodes, ContractClient.AuthResponse[] pairs)
    {
        foreach (ContractClient node in nodes)
        {
            foreach (ContractClient.AuthResponse pair in pairs)
            {
                var refused = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => node.RefreshAsync(pair));
                Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
                await Eventually.TrueAsync(
                    async () => await node.StatusAsync("/demo/x", pair.AccessToken) == HttpStatusCode.Unauthorized, () => "a node still forwards an ended session");
            }
        }
    }

    private static async Task<long> ScriptCallsAsync(LocalRedis redis)
    {
        await using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync(redis.Configuration + ",allowAdmin=true");
        string statistics = (await admin.GetServers()[0].InfoRawAsync("commandstats"))!;
        return statistics.Split('\n').Where(line => line.StartsWith("cmdstat_eval", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split("calls=")[1].Split(',')[0], CultureInfo.InvariantCulture));
    }
}
