using System.Diagnostics;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Sessions;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>That a token was used on a protected route stands in its session's record a moment later.</summary>
public sealed class FirstUseTests(RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FirstCallOfAService_StandsInTheRecord_AndTheNextLeafIsUnusedAgain()
    {
        string prefix = RedisServer.NewKeyPrefix();
        await using RedisConnection connection = SessionSamples.ConnectTo(redis.Configuration, prefix);
        var store = new RedisSessionStore(connection, OpenEpochs.Of(connection));
        await using GatewayProcess gateway = await StartAsync(prefix);
        using var http = new HttpClient { BaseAddress = gateway.Address };
        var client = new ContractClient(http);
        ContractClient.AuthResponse pair = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        Assert.Null((await LiveLeafAsync(store, pair)).FirstUsed);

        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", pair.AccessToken));
        var watch = Stopwatch.StartNew();
        Leaf leaf = await MarkedLeafAsync(store, pair);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1 + 4), $"it took {watch.Elapsed}"); // a second, and what a busy machine needs
        Assert.InRange(leaf.FirstUsed!.Value, leaf.Issued, leaf.Issued.AddMinutes(1));

        // Once, however often it is used; a new leaf has a first use of its own, on /me as on a route.
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/y", pair.AccessToken));
        ContractClient.AuthResponse next = await client.RefreshAsync(pair);
        Assert.Null((await LiveLeafAsync(store, next)).FirstUsed);
        await client.MeAsync(next.AccessToken);
        Assert.Equal(2, (await MarkedLeafAsync(store, next)).Number);
    }

    [Fact]
    public async Task AnonymousRouteAndRefusedToken_AreNoUse()
    {
        string prefix = RedisServer.NewKeyPrefix();
        await using RedisConnection connection = SessionSamples.ConnectTo(redis.Configuration, prefix);
        var store = new RedisSessionStore(connection, OpenEpochs.Of(connection));
        await using GatewayProcess gateway = await StartAsync(prefix);
        using var http = new HttpClient { BaseAddress = gateway.Address };
        var client = new ContractClient(http);
        ContractClient.AuthResponse anonymous = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse ended = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse used = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        await client.LogoutAsync(ended.AccessToken);

        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/public/x", anonymous.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", ended.AccessToken));
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", used.AccessToken));

        // Marks are written in the order of the requests, so once the last one's is there, the others would be.
        await MarkedLeafAsync(store, used);
        Assert.Null((await LiveLeafAsync(store, anonymous)).FirstUsed);
        Assert.Null((await LiveLeafAsync(store, ended)).FirstUsed);
    }

    [Fact]
    public async Task Stop_WritesTheMarksThatWait_AndTheMetricsTellOfThem()
    {
        string prefix = RedisServer.NewKeyPrefix();
        await using RedisConnection connection = SessionSamples.ConnectTo(redis.Configuration, prefix);
        var store = new RedisSessionStore(connection, OpenEpochs.Of(connection));
        await using GatewayProcess gateway = await StartAsync(prefix);
        using var http = new HttpClient { BaseAddress = gateway.Address };
        using var management = new HttpClient { BaseAddress = gateway.Management };
        var client = new ContractClient(http);
        ContractClient.AuthResponse first = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse last = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        await client.MeAsync(first.AccessToken);
        await MarkedLeafAsync(store, first);
        string metrics = "";
        await Eventually.TrueAsync(
            async () => (metrics = await management.GetStringAsync("/metrics", Cancellation)).Contains("aivo_gateway_first_use_marks_total", StringComparison.Ordinal),
            () => metrics);
        Assert.Matches("aivo_gateway_first_use_marks_total{.*outcome=\"written\"} 1", metrics);
        Assert.Matches("aivo_gateway_first_use_marks_waiting{.*} 0", metrics);

        await client.MeAsync(last.AccessToken);
        await gateway.TerminateAsync();
        Assert.Equal(0, await gateway.WaitForExitAsync());

        Assert.NotNull((await LiveLeafAsync(store, last)).FirstUsed);
    }

    private Task<GatewayProcess> StartAsync(string prefix) => GatewayProcess.StartAsync(
        ("Gateway:Store", "Redis"), ("Redis:Configuration", redis.Configuration), ("Redis:KeyPrefix", prefix));

    private static async Task<Leaf> MarkedLeafAsync(RedisSessionStore store, ContractClient.AuthResponse pair)
    {
        Leaf? leaf = null;
        await Eventually.TrueAsync(
            async () => (leaf = await LiveLeafAsync(store, pair)).FirstUsed is not null,
            () => "the record does not tell of a first use");
        return leaf!;
    }

    private static async Task<Leaf> LiveLeafAsync(RedisSessionStore store, ContractClient.AuthResponse pair)
    {
        Assert.True(SessionId.TryParse((string)IssuingKit.ObjectIn(pair.AccessToken, 1)["sid"]!, out SessionId id));
        return SessionRecordCodec.Decode(id, (await store.ReadAsync(id, Cancellation)).Bytes).Live;
    }
}
