using System.Collections.Concurrent;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Scenarios;
using Aivo.Gateway.Tests.Sessions.Model;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// Gateway processes under load from many sessions, a destination that records, and a judge. Sessions that were told their end are tried
/// again and again until the test is over.
/// </summary>
internal sealed class FaultFleet : IAsyncDisposable
{
    private readonly FleetOptions _options;
    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<ContractClient.AuthResponse> _ended = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ForwardRecorder _recorder = ForwardRecorder.Start();
    private readonly List<Task> _running = [];
    private volatile FleetNode[] _nodes = [];

    private FaultFleet(FleetOptions options)
    {
        _options = options;
        Judge = new Judge { After204 = options.After204, ByCheck = options.ByCheck };
        Clients = [.. Enumerable.Range(1, options.Sessions).Select(seed => new LoadClient(this, (ulong)seed))];
    }

    public Judge Judge { get; }

    public IReadOnlyList<LoadClient> Clients { get; }

    public IReadOnlyList<FleetNode> Nodes => _nodes;

    public bool LosesSessions => _options.LosesSessions;

    public IEnumerable<Forward> Received => _recorder.Received;

    /// <summary>Starts the nodes and logs everybody in; the load begins with <see cref="BeginAsync"/>.</summary>
    public static async Task<FaultFleet> StartAsync(FleetOptions options)
    {
        SecretLedger.Note(DemoGateway.Password);
        var fleet = new FaultFleet(options);
        try
        {
            for (int number = 0; number < options.Nodes; number++)
            {
                await fleet.AddNodeAsync();
            }

            await Parallel.ForEachAsync(fleet.Clients, async (client, _) => await Eventually.TrueAsync(() => client.LoginAsync(fleet._nodes[0]), () => "nobody can log in"));
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    public FleetNode AnyNode(SeededRandom random) => _nodes[random.Below(_nodes.Length)];

    /// <summary>A further node, which joins under whatever load there is.</summary>
    /// <param name="waits">Until it is ready; else it is only started.</param>
    public async Task<FleetNode> AddNodeAsync(bool waits = true)
    {
        int number = _nodes.Length;
        TcpRelay? relay = _options.Configuration is null ? TcpRelay.Start(_options.RedisPort) : null;
        FleetNode node = await FleetNode.StartAsync(number, relay,
        [
            .. Alterations.Environment(_options.AlterationOf(number)),
            ("Gateway:Store", "Redis"),
            ("Gateway:DataDirectory", _directory.Path),
            ("Redis:Configuration", relay?.Configuration ?? _options.Configuration!),
            ("Redis:ConnectTimeout", "00:00:01"),
            ("Sessions:ClientTimeout", "00:00:02"),
            ("Sessions:MaxHold", "00:00:02"),
            ("Sessions:MaxPerUser", "1000"),
            ("Throttling:AddressAttempts", "100000"),
            ("ReverseProxy:Clusters:sample:Destinations:sample:Address", _recorder.Address),
            .. _options.SettingsOf(number),
        ], waits);
        _nodes = [.. _nodes, node];
        return node;
    }

    /// <summary>Logs in on a node, for a session that is none of the load's.</summary>
    public async Task<ContractClient.AuthResponse> LoginAsync(FleetNode node)
    {
        var client = new LoadClient(this, 0);
        await Eventually.TrueAsync(() => client.LoginAsync(node), () => $"nobody can log in on node {node.Number}");
        return client.Pair!;
    }

    /// <summary>Lets the load run until it is in full swing: every node serves, and sessions have ended.</summary>
    public async Task BeginAsync()
    {
        _running.AddRange(Clients.Select(client => Task.Run(() => client.RunAsync(_stop.Token))));
        _running.Add(Task.Run(TryEndedAsync));
        await SwingAsync(3);
    }

    /// <summary>Waits until so many more sessions have ended and every running node has served since now.</summary>
    public Task SwingAsync(int ends) => SwingOnAsync(_nodes.Where(node => node.CanServe), ends);

    /// <summary>The same, where not every node can be expected to serve.</summary>
    public async Task SwingOnAsync(IEnumerable<FleetNode> serving, int ends)
    {
        int before = Judge.LoggedOut;
        long now = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(
            () => Judge.LoggedOut >= before + ends && serving.All(node => Judge.HasServedSince(node.Number, now)),
            () => $"the load does not get going: {Judge.LoggedOut - before} log-outs; nodes that serve: {string.Join(", ", _nodes.Where(node => Judge.HasServedSince(node.Number, now)).Select(node => node.Number))}; {string.Join("; ", Judge.Violations(Received).Take(3))}");
    }

    /// <summary>
    /// Waits until no node lets a request pass any more, which none may do a lease after it last heard of Redis (V2: 503, and the
    /// clients would tell of a 401).
    /// </summary>
    public Task StaleAsync() => StaleAsync([.. _nodes.Where(node => node.CanServe)]);

    public async Task StaleAsync(params FleetNode[] nodes)
    {
        long began = TimeProvider.System.GetTimestamp();
        foreach (FleetNode node in nodes)
        {
            await Eventually.TrueAsync(
                async () => Clients.FirstOrDefault(client => client.Pair is not null && !client.IsLeaving)?.Pair is { } pair
                    && (await LoadClient.SendAsync(node, HttpMethod.Get, $"/demo/{node.Number}", pair.AccessToken, null, TimeSpan.FromSeconds(4))).Status == HttpStatusCode.ServiceUnavailable,
                () => $"node {node.Number} still serves");
        }

        int before = Judge.PutOff;
        await Eventually.TrueAsync(() => Judge.PutOff >= before + 10, () => "nobody is put off");
        long stale = TimeProvider.System.GetTimestamp();
        if (TimeProvider.System.GetElapsedTime(began, stale) > FleetResult.RecoveryBound)
        {
            Judge.Broken($"V2: a node served {TimeProvider.System.GetElapsedTime(began, stale)} without Redis");
        }
    }

    /// <summary>A pair and the moment at which its session's end was confirmed.</summary>
    public void Ended(ContractClient.AuthResponse pair, long answeredAt)
    {
        Judge.Ended(SessionListTests.SessionOf(pair), answeredAt);
        _ended.Enqueue(pair);
    }

    /// <summary>
    /// Call it when the last fault is over. Waits until every running node serves again (V5), lets the load go on, and judges: everybody
    /// honest is well (V4), nobody who was told the end of a session is (V1, V3), and nobody saw what must not be seen (V2).
    /// </summary>
    public async Task<FleetResult> EndAsync()
    {
        long healedAt = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(
            () => _nodes.Where(node => node.CanServe).All(node => Judge.HasServedSince(node.Number, healedAt)),
            () => $"not every node serves again; log of one that does not:\n{string.Join('\n', _nodes.First(node => node.CanServe && !Judge.HasServedSince(node.Number, healedAt)).Process.Log.TakeLast(15))}");
        TimeSpan recovered = TimeProvider.System.GetElapsedTime(healedAt);
        await SwingAsync(2);
        await _stop.CancelAsync();
        await Task.WhenAll(_running);

        FleetNode[] running = [.. _nodes.Where(node => node.CanServe)];
        await Parallel.ForEachAsync(Clients, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (client, _) => await Eventually.TrueAsync(
            async () => await client.IsWellAsync(running[0]) || !Judge.Violations([]).All(string.IsNullOrEmpty), () => "an honest client is not well"));
        foreach (ContractClient.AuthResponse pair in _ended)
        {
            await AssertDeadAsync(pair, running);
        }

        return new FleetResult(Judge.Violations(Received), recovered, Judge);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _recorder.Dispose();
        foreach (FleetNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        _stop.Dispose();
        _directory.Dispose();
    }

    private async Task TryEndedAsync()
    {
        var random = new SeededRandom(4711);
        while (!_stop.IsCancellationRequested)
        {
            ContractClient.AuthResponse[] pairs = [.. _ended];
            if (pairs.Length > 0)
            {
                await TryAsync(pairs[random.Below(pairs.Length)], AnyNode(random), random.Chance(0.2));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The destination tells of a request that passed; here it is about the answers.</summary>
    private async Task<HttpStatusCode?> TryAsync(ContractClient.AuthResponse pair, FleetNode node, bool refreshes)
    {
        (HttpStatusCode? status, string body) = refreshes
            ? await LoadClient.SendAsync(node, HttpMethod.Post, "/auth/v1/refresh", pair.AccessToken, new { refreshToken = pair.RefreshToken }, TimeSpan.FromSeconds(4))
            : await LoadClient.SendAsync(node, HttpMethod.Get, $"/demo/{node.Number}", pair.AccessToken, null, TimeSpan.FromSeconds(4));
        if (refreshes && status == HttpStatusCode.OK)
        {
            Judge.Broken($"V3: node {node.Number} refreshed a session whose end was confirmed");
        }
        else if (status is not (null or HttpStatusCode.OK or HttpStatusCode.Unauthorized or HttpStatusCode.ServiceUnavailable))
        {
            Judge.Broken($"V3: node {node.Number} answered an ended session {(int)status}: {body}");
        }

        return status;
    }

    private async Task AssertDeadAsync(ContractClient.AuthResponse pair, FleetNode[] running)
    {
        foreach (FleetNode node in running)
        {
            foreach (bool refreshes in new[] { false, true })
            {
                HttpStatusCode? status = await TryAsync(pair, node, refreshes);
                if (status != HttpStatusCode.Unauthorized)
                {
                    Judge.Broken($"V3: at the end node {node.Number} answers an ended session's {(refreshes ? "refresh" : "request")} {(int?)status ?? 0}");
                }
            }
        }
    }
}
