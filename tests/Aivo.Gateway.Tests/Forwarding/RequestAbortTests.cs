using System.Text.Json;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>A revocation reaches requests that have passed the check and have no answer yet.</summary>
public sealed class RequestAbortTests
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public async Task RequestWithoutAnswer_Gets401_AndTheDestinationSeesItGo()
    {
        var held = new StreamUnderTest();
        await using RecordingDestination destination = await RecordingDestination.StartAsync(held.HoldAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using HttpClient client = Client(gateway);
        Task<HttpResponseMessage> sent = client.GetAsync(new Uri("/closed/a", UriKind.Relative), Cancelled);
        await held.ArrivedAsync();

        gateway.InFlight.Revoke(gateway.EndOfSession);

        using HttpResponseMessage answer = await sent;
        await AssertInvalidTokenAsync(answer);
        await held.GoneAsync();
        Assert.Empty(gateway.InFlight.Snapshot());
    }

    /// <summary>No cancellation reaches a thread that has passed the check and not yet begun to send: so it is waited for.</summary>
    [Fact]
    public async Task RequestBetweenItsCheckAndItsSending_HasUnwoundOnly_WhenItCannotBeSentAnyMore()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        using var arrived = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway
        {
            CheckLast = _ =>
            {
                arrived.Set();
                Assert.True(released.Wait(StreamUnderTest.Patience));
                return null;
            },
        });
        using HttpClient client = Client(gateway);
        Task<HttpResponseMessage> sent = Task.Run(() => client.GetAsync(new Uri("/closed/a", UriKind.Relative), Cancelled), Cancelled);
        Assert.True(arrived.Wait(StreamUnderTest.Patience, Cancelled));

        gateway.InFlight.Revoke(gateway.EndOfSession);
        Task unwound = gateway.InFlight.UnwoundAsync();
        Assert.False(unwound.IsCompleted);

        released.Set();
        await unwound.WaitAsync(StreamUnderTest.Patience, Cancelled);
        Assert.Empty(destination.Requests);
        using HttpResponseMessage answer = await sent;
        await AssertInvalidTokenAsync(answer);
        Assert.Empty(destination.Requests);
    }

    [Fact]
    public async Task UploadInProgress_IsCut()
    {
        var held = new StreamUnderTest();
        await using RecordingDestination destination = await RecordingDestination.StartAsync(held.UploadAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway
        {
            Settings = { ["ReverseProxy:Routes:closed:MaxRequestBodySize"] = "-1" },
        });
        using HttpClient client = Client(gateway);
        using var content = new StreamContent(new CountedStream(long.MaxValue));
        Task<HttpResponseMessage> sent = client.PostAsync(new Uri("/closed/a", UriKind.Relative), content, Cancelled);
        await held.ArrivedAsync();

        gateway.InFlight.Revoke(gateway.EndOfSession);

        await gateway.InFlight.UnwoundAsync().WaitAsync(StreamUnderTest.Patience, Cancelled);
        await held.GoneAsync();
        // The answer may be lost with a connection on which the client is still sending.
        try
        {
            using HttpResponseMessage answer = await sent;
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The client was still writing when the connection closed.
        }
    }

    [Fact]
    public async Task WaitingForAConnection_ItIsNeverSent()
    {
        var held = new StreamUnderTest();
        await using RecordingDestination destination = await RecordingDestination.StartAsync(held.HoldAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway
        {
            Settings = { ["ReverseProxy:Clusters:up:HttpClient:MaxConnectionsPerServer"] = "1" },
        });
        using HttpClient client = Client(gateway);
        // An anonymous request holds the one connection, and no revocation concerns it.
        using var anonymous = new HttpClient { BaseAddress = client.BaseAddress };
        Task<HttpResponseMessage> first = anonymous.GetAsync(new Uri("/open/first", UriKind.Relative), Cancelled);
        await held.ArrivedAsync();
        Task<HttpResponseMessage> second = client.GetAsync(new Uri("/closed/second", UriKind.Relative), Cancelled);
        await Infrastructure.Eventually.TrueAsync(() => gateway.InFlight.Snapshot().Count == 1, () => "the second request did not register");

        gateway.InFlight.Revoke(gateway.EndOfSession);

        using HttpResponseMessage refused = await second;
        await AssertInvalidTokenAsync(refused);
        held.Release.SetResult();
        using HttpResponseMessage finished = await first;
        Assert.Equal("finished", await finished.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal("/open/first", destination.Take()?.Target);
    }

    [Fact]
    public async Task InFlightFinish_LetsItComplete()
    {
        var held = new StreamUnderTest();
        await using RecordingDestination destination = await RecordingDestination.StartAsync(held.HoldAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway { Settings = { ["Revocation:InFlight"] = "Finish" } });
        using HttpClient client = Client(gateway);
        Task<HttpResponseMessage> sent = client.GetAsync(new Uri("/closed/a", UriKind.Relative), Cancelled);
        await held.ArrivedAsync();

        gateway.InFlight.Revoke(gateway.EndOfSession);
        held.Release.SetResult();

        using HttpResponseMessage answer = await sent;
        Assert.Equal("finished", await answer.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task OtherSessions_AreLeftAlone()
    {
        var held = new StreamUnderTest();
        await using RecordingDestination destination = await RecordingDestination.StartAsync(held.HoldAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using HttpClient client = Client(gateway);
        Task<HttpResponseMessage> sent = client.GetAsync(new Uri("/closed/a", UriKind.Relative), Cancelled);
        await held.ArrivedAsync();

        gateway.InFlight.Revoke(gateway.EndOfSession with { Id = 7 });
        held.Release.SetResult();

        using HttpResponseMessage answer = await sent;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static HttpClient Client(TestGateway gateway)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://localhost:{gateway.Port}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", "good");
        return client;
    }

    private static async Task AssertInvalidTokenAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal("invalid_token", body.RootElement.GetProperty("error").GetString());
    }
}
