using System.Net.WebSockets;
using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>What lasts, through whole gateways: it ends by a log-out on any node, by a lost lease and by the node's own end, and by no refresh.</summary>
public sealed class StreamEndTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LogoutOnAnotherNode_EndsTheSocketHere_AndARefreshDoesNot()
    {
        var stream = new StreamUnderTest();
        await using Destination destination = await Destination.StartAsync(stream.EchoAsync);
        await using LocalRedis redis = await LocalRedis.StartAsync();
        using var keys = new TemporaryDirectory();
        await using GatewayProcess here = await GatewayProcess.StartAsync([.. Settings(destination, redis), ("Gateway:DataDirectory", keys.Path)]);
        await using GatewayProcess there = await GatewayProcess.StartAsync([.. Settings(destination, redis), ("Gateway:DataDirectory", keys.Path)]);
        using var http = new HttpClient { BaseAddress = there.Address };
        var client = new ContractClient(http);
        ContractClient.AuthResponse pair = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        using ClientWebSocket socket = await ConnectAsync(here, pair.AccessToken);

        ContractClient.AuthResponse next = await client.RefreshAsync(pair);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Cancellation);
        ValueWebSocketReceiveResult echo = await socket.ReceiveAsync(new byte[100].AsMemory(), Cancellation);
        Assert.Equal(WebSocketMessageType.Text, echo.MessageType);

        await client.LogoutAsync(next.AccessToken);
        await StreamClients.AssertClosedAsync(socket, WebSocketCloseStatus.PolicyViolation, "session ended");
    }

    [Fact]
    public async Task RequestWithoutAnswer_Gets401InTheContractsShape_WhenItsSessionEnds()
    {
        var held = new StreamUnderTest();
        await using Destination destination = await Destination.StartAsync(held.HoldAsync);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Routes(destination));
        using var http = new HttpClient { BaseAddress = gateway.Address };
        var client = new ContractClient(http);
        ContractClient.AuthResponse pair = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        Task<HttpResponseMessage> waiting = client.GetAsync("/socket", pair.AccessToken);
        await held.ArrivedAsync();

        await client.LogoutAsync(pair.AccessToken);

        using HttpResponseMessage answer = await waiting;
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Bearer realm=\"aivo\", error=\"invalid_token\"", answer.Headers.WwwAuthenticate.ToString());
        Assert.Equal("invalid_token", (await ContractClient.ErrorAsync(answer)).Code);
        await held.GoneAsync();
    }

    [Fact]
    public async Task LostRedis_EndsTheSocket_WhenFiveLeasesAreOver()
    {
        var stream = new StreamUnderTest();
        await using Destination destination = await Destination.StartAsync(stream.EchoAsync);
        await using LocalRedis redis = await LocalRedis.StartAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Settings(destination, redis));
        using var http = new HttpClient { BaseAddress = gateway.Address };
        ContractClient.AuthResponse pair = await new ContractClient(http).LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        using ClientWebSocket socket = await ConnectAsync(gateway, pair.AccessToken);

        await redis.KillAsync();

        await StreamClients.AssertClosedAsync(socket, (WebSocketCloseStatus)1013, "temporarily unavailable");
    }

    [Fact]
    public async Task NodeThatStops_SaysGoodbye_AndEndsInOrder()
    {
        var stream = new StreamUnderTest();
        await using Destination destination = await Destination.StartAsync(stream.EchoAsync);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync([.. Routes(destination), ("Gateway:DrainDelay", "00:00:01")]);
        using var http = new HttpClient { BaseAddress = gateway.Address };
        ContractClient.AuthResponse pair = await new ContractClient(http).LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        using ClientWebSocket socket = await ConnectAsync(gateway, pair.AccessToken);

        await gateway.TerminateAsync();

        await StreamClients.AssertClosedAsync(socket, WebSocketCloseStatus.EndpointUnavailable, "going away");
        Assert.Equal(0, await gateway.WaitForExitAsync());
    }

    private static (string Key, string Value)[] Settings(Destination destination, LocalRedis redis) =>
        [.. Routes(destination), ("Gateway:Store", "Redis"), ("Redis:Configuration", redis.Configuration), ("Redis:ConnectTimeout", "00:00:01")];

    private static (string Key, string Value)[] Routes(Destination destination) =>
    [
        ("ReverseProxy:Routes:socket:ClusterId", "own"),
        ("ReverseProxy:Routes:socket:Match:Path", "/socket"),
        ("ReverseProxy:Routes:socket:AuthorizationPolicy", "default"),
        ("ReverseProxy:Clusters:own:Destinations:one:Address", destination.Address.ToString()),
    ];

    private static async Task<ClientWebSocket> ConnectAsync(GatewayProcess gateway, string accessToken)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {accessToken}");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Port}/socket"), Cancellation);
        return socket;
    }
}
