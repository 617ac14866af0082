using System.Net;
using System.Net.Sockets;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>SR-83: what the gateway answers when a service does not, and that it says nothing about the service.</summary>
public sealed class ErrorTests
{
    private const string NoAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Bad";

    [Fact]
    public async Task NobodyListening_Is502()
    {
        int port = FreePort.Next();
        await using var gateway = new TestGateway();
        await gateway.StartAsync($"http://127.0.0.1:{port}/");

        AssertDenied(await RawHttp.GetAsync(gateway.Port, "/open/a"), 502, "upstream_unreachable", $"{port}");
    }

    [Fact]
    public async Task UnknownName_Is502()
    {
        await using var gateway = new TestGateway();
        await gateway.StartAsync("http://no-such-host.invalid/");

        AssertDenied(await RawHttp.GetAsync(gateway.Port, "/open/a"), 502, "upstream_unreachable", "no-such-host");
    }

    [Theory]
    [InlineData("")]
    [InlineData(NoAnswer)]
    [InlineData("This is no HTTP\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: x\r\nContent-Length: 7\r\n\r\n")]
    public async Task AnswerThatIsNone_Is502(string answer)
    {
        await using var destination = new RawDestination(answer);
        await using var gateway = new TestGateway();
        await gateway.StartAsync(destination.Address);

        AssertDenied(await RawHttp.GetAsync(gateway.Port, "/open/a"), 502, "upstream_unreachable", destination.Address);
    }

    [Fact]
    public async Task PlainTextWhereTlsBelongs_Is502()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        await using var gateway = new TestGateway();
        await gateway.StartAsync(destination.Address.Replace("http:", "https:", StringComparison.Ordinal));

        AssertDenied(await RawHttp.GetAsync(gateway.Port, "/open/a"), 502, "upstream_unreachable", "SSL");
    }

    [Theory]
    [InlineData("ReverseProxy:Clusters:up:HttpRequest:ActivityTimeout")]
    [InlineData("ReverseProxy:Routes:open:Timeout")]
    public async Task SlowService_Is504(string setting)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(WaitForTheClientAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway { Settings = { [setting] = "00:00:00.300" } });

        AssertDenied(await RawHttp.GetAsync(gateway.Port, "/open/a"), 504, "upstream_timeout", $"{destination.Port}");
    }

    [Fact]
    public async Task NoHealthyDestination_Is503_WithRetryAfter()
    {
        await using var gateway = new TestGateway { Settings = { ["ReverseProxy:Clusters:up:HealthCheck:Passive:Enabled"] = "true" } };
        gateway.Settings["ReverseProxy:Clusters:up:HealthCheck:Passive:Policy"] = "TransportFailureRate";
        gateway.Settings["ReverseProxy:Clusters:up:HealthCheck:AvailableDestinationsPolicy"] = "HealthyAndUnknown";
        await gateway.StartAsync($"http://127.0.0.1:{FreePort.Next()}/");

        RawAnswer answer = await RawHttp.GetAsync(gateway.Port, "/open/a");
        for (int failures = 1; answer.Status == 502 && failures < 50; failures++)
        {
            // The proxy counts failures before it believes them.
            answer = await RawHttp.GetAsync(gateway.Port, "/open/a");
        }

        AssertDenied(answer, 503, "temporarily_unavailable", "127.0.0.1");
        Assert.Equal("1", answer.Header("Retry-After"));
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\nhello world")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n")]
    public async Task BodyOverTheRoutesLimit_Is413(string body)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(ReadAllAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(
            destination, new TestGateway { Settings = { ["ReverseProxy:Routes:open:MaxRequestBodySize"] = "10" } });

        AssertDenied(await RawHttp.SendAsync(gateway.Port, $"POST /open/a HTTP/1.1\r\nHost: localhost\r\n{body}"), 413, "payload_too_large", $"{destination.Port}");
    }

    [Fact]
    public async Task BrokenChunk_Is400()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(ReadAllAsync);
        await using TestGateway gateway = await TestGateway.StartAsync(destination);

        RawAnswer answer = await RawHttp.SendAsync(gateway.Port, "POST /open/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n");

        AssertDenied(answer, 400, "bad_request", $"{destination.Port}");
    }

    [Fact]
    public async Task ClientThatLeaves_FreesTheService()
    {
        var arrived = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        await using RecordingDestination destination = await RecordingDestination.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => left.SetResult());
            arrived.SetResult();
            await WaitForTheClientAsync(context);
        });
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, gateway.Port, TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync("GET /open/a HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }

        await left.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(413)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task AServicesOwnError_PassesAsItIs(int status)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await using TestGateway gateway = await TestGateway.StartAsync(destination);

        RawAnswer answer = await RawHttp.GetAsync(gateway.Port, "/open/a");

        Assert.Equal(status, answer.Status);
        Assert.Equal("", answer.Body);
    }

    [Fact]
    public async Task RefusalAtTheLastCheck_IsForwardedToNobody()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(destination, new TestGateway { CheckLast = _ => Denial.TemporarilyUnavailable });

        RawAnswer answer = await RawHttp.GetAsync(gateway.Port, "/closed/a", "Authorization: Bearer good");

        Assert.Equal(503, answer.Status);
        Assert.Equal("{\"error\":\"temporarily_unavailable\"", answer.Body.Split(',')[0]);
        Assert.Null(destination.Take());
    }

    [Fact]
    public async Task Redirect_IsLeftToTheClient()
    {
        await using RecordingDestination other = await RecordingDestination.StartAsync();
        await using RecordingDestination destination = await RecordingDestination.StartAsync(context =>
        {
            context.Response.Redirect(other.Address);
            return Task.CompletedTask;
        });
        await using TestGateway gateway = await TestGateway.StartAsync(destination);

        RawAnswer answer = await RawHttp.GetAsync(gateway.Port, "/closed/a", "Authorization: Bearer good");

        Assert.Equal(302, answer.Status);
        Assert.Null(other.Take());
    }

    private static void AssertDenied(RawAnswer answer, int status, string code, string secret)
    {
        Assert.Equal(status, answer.Status);
        Assert.Equal($"{{\"error\":\"{code}\"", answer.Body.Split(',')[0]);
        Assert.DoesNotContain(secret, answer.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Exception", answer.Body, StringComparison.OrdinalIgnoreCase);
    }

    private static Task WaitForTheClientAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        context.RequestAborted.Register(() => gone.TrySetResult());
        return gone.Task;
    }

    private static Task ReadAllAsync(HttpContext context) => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
}
