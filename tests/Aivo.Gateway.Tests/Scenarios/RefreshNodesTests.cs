using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>The refresh rules over sockets: gateway processes that share a Redis of their own. T = D = 1 s, so W = 2 s and Q = 3 s.</summary>
public sealed class RefreshNodesTests
{
    private static readonly string[] Unusable = ["junk", "a.b.c", new('A', 3_000), new('A', 30_000), ""];

    /// <summary>SR-46.</summary>
    [Fact]
    public async Task HundredRefreshesWithOneToken_OverThreeNodes_GiveOnePair()
    {
        await using var nodes = await Nodes.StartAsync(3);
        ContractClient.AuthResponse pair = await nodes[0].LoginAsync(DemoGateway.Learner, DemoGateway.Password);

        ContractClient.AuthResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(number => nodes[number % 3].RefreshAsync(pair)));

        Assert.Single(answers.Select(answer => answer.RefreshToken).Distinct());
        Assert.Single(answers.Select(answer => answer.AccessToken.Split('.')[1]).Distinct());
        await nodes[1].RefreshAsync(answers[0]);
    }

    /// <summary>SR-41, R3: the owner goes on, the thief comes late; then nobody has a session, on any node, and the log says why.</summary>
    [Fact]
    public async Task Theft_EndsTheSessionOnEveryNode_AndIsToldToOperators()
    {
        await using var nodes = await Nodes.StartAsync(2);
        ContractClient.AuthResponse stolen = await nodes[0].LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse second = await nodes[0].RefreshAsync(stolen);
        ContractClient.AuthResponse third = await nodes[0].RefreshAsync(second);
        Assert.Equal(HttpStatusCode.OK, await nodes[1].StatusAsync("/demo/x", third.AccessToken));

        // The thief repeats until the windows are over: the pair, then 503 with Retry-After, then the end.
        List<HttpStatusCode> statuses = [];
        await Eventually.TrueAsync(
            async () =>
            {
                using HttpResponseMessage answer = await SendAsync(nodes[1], stolen);
                if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                {
                    Assert.Equal("temporarily_unavailable", (await ContractClient.ErrorAsync(answer)).Code);
                    Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));
                }

                statuses.Add(answer.StatusCode);
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            },
            () => "the theft was not noticed");
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.Unauthorized], statuses.Distinct());

        // The first refusal came with the acknowledgement; node 0 follows with its next sync.
        Assert.Equal(HttpStatusCode.Unauthorized, await nodes[1].StatusAsync("/demo/x", third.AccessToken));
        await Eventually.TrueAsync(async () => await nodes[0].StatusAsync("/demo/x", third.AccessToken) == HttpStatusCode.Unauthorized, () => "node 0 still forwards");
        foreach (ContractClient.AuthResponse pair in new[] { stolen, second, third })
        {
            using HttpResponseMessage refused = await SendAsync(nodes[0], pair);
            Assert.Equal("invalid_refresh_token", (await ContractClient.ErrorAsync(refused)).Code);
        }

        string line = await nodes.Gateways[1].LogLineAsync("\"Name\":\"RefreshTokenTheft\"");
        Assert.Contains("\"Presented\":1", line, StringComparison.Ordinal);
        Assert.Contains("\"Live\":3", line, StringComparison.Ordinal);
        using var management = new HttpClient { BaseAddress = nodes.Gateways[1].Management };
        Assert.Matches("aivo_gateway_security_events_total{.*event=\"theft\"} 1", await management.GetStringAsync("/metrics", TestContext.Current.CancellationToken));
    }

    /// <summary>SR-55: what our MAC is not on never reaches Redis, and the good token stays good.</summary>
    [Fact]
    public async Task TenThousandJunkTokens_CauseNoCallToRedis()
    {
        await using var nodes = await Nodes.StartAsync(1);
        ContractClient.AuthResponse pair = await nodes[0].LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse other = await nodes[0].LoginAsync("admin@example.com", DemoGateway.Password);
        string[] parts = pair.RefreshToken.Split('.');
        (string Bearer, string Token)[] junk =
        [
            .. Unusable.Select(token => (pair.AccessToken, token)),
            (pair.AccessToken, pair.AccessToken),
            (pair.AccessToken, $"{parts[0]}.{parts[1]}.{other.RefreshToken.Split('.')[2]}"),
            (pair.AccessToken, $"{parts[0]}.{other.RefreshToken.Split('.')[1]}.{parts[2]}"),
            (pair.RefreshToken, pair.RefreshToken),
            (other.AccessToken, pair.RefreshToken),
        ];

        // Only a refresh reads a record by GET, in a script or outside: syncs do not.
        await using RedisCalls calls = await RedisCalls.ConnectAsync(nodes.Redis);
        long before = await calls.CountAsync("get");
        await Parallel.ForAsync(0, 10_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
        {
            (string bearer, string token) = junk[number % junk.Length];
            using HttpResponseMessage answer = await nodes[0].SendAsync(HttpMethod.Post, "/auth/v1/refresh", bearer, new { refreshToken = token });
            Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.UnprocessableEntity, $"{answer.StatusCode}");
        });

        Assert.Equal(before, await calls.CountAsync("get"));
        await nodes[0].RefreshAsync(pair);
        Assert.True(await calls.CountAsync("get") > before);
        await nodes[0].RefreshAsync(other);
    }

    private static Task<HttpResponseMessage> SendAsync(ContractClient client, ContractClient.AuthResponse pair) =>
        client.SendAsync(HttpMethod.Post, "/auth/v1/refresh", pair.AccessToken, new { refreshToken = pair.RefreshToken });

    private sealed class Nodes : IAsyncDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly List<HttpClient> _clients = [];
        private LocalRedis _redis = null!;

        public GatewayProcess[] Gateways { get; private set; } = [];

        public string Redis => _redis.Configuration;

        public ContractClient this[int node] => new(_clients[node]);

        public static async Task<Nodes> StartAsync(int count)
        {
            SecretLedger.Note(DemoGateway.Password);
            var nodes = new Nodes { _redis = await LocalRedis.StartAsync() };
            nodes.Gateways = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => GatewayProcess.StartAsync(
                ("Gateway:Store", "Redis"),
                ("Gateway:DataDirectory", nodes._directory.Path),
                ("Redis:Configuration", nodes._redis.Configuration),
                ("Sessions:ClientTimeout", "00:00:01"),
                ("Sessions:MaxHold", "00:00:01"))));
            nodes._clients.AddRange(nodes.Gateways.Select(gateway => new HttpClient { BaseAddress = gateway.Address }));
            return nodes;
        }

        public async ValueTask DisposeAsync()
        {
            _clients.ForEach(client => client.Dispose());
            foreach (GatewayProcess gateway in Gateways)
            {
                await gateway.DisposeAsync();
            }

            await _redis.DisposeAsync();
            _directory.Dispose();
        }
    }
}
