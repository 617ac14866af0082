using System.Text.Json;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Where the program listens, to whom it answers there, and whose word about the client it takes.</summary>
public sealed class ListenerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KestrelEndpoints_TakeThePlaceOfUrls_AndManagementStays()
    {
        int port = FreePort.Next();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(("Kestrel:Endpoints:Public:Url", $"http://127.0.0.1:{port}"));
        RawAnswer answer = await RawHttp.GetAsync(port, "/public/x");
        Assert.Equal(200, answer.Status);
        using var http = new HttpClient { BaseAddress = gateway.Address };
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("/public/x", Cancellation));
        Assert.Equal(404, (await RawHttp.GetAsync(port, "/health/live")).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PortInUse_EndsTheProgramWithOneMessageThatNamesThePort(bool management)
    {
        int taken = FreePort.Next();
        using var holder = new System.Net.Sockets.TcpListener(IPAddress.Loopback, taken);
        holder.Start();
        await using GatewayProcess gateway = GatewayProcess.Launch(
            management ? ("Gateway:ManagementPort", $"{taken}") : ("ASPNETCORE_URLS", $"http://127.0.0.1:{taken}"));
        Assert.Equal(1, await gateway.WaitForExitAsync());
        Assert.Contains(gateway.Log, line => line.Contains($":{taken}", StringComparison.Ordinal) && line.Contains("in use", StringComparison.Ordinal));
        Assert.DoesNotContain(gateway.Log, line => line.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ForeignHost_IsRefusedInPublic_AndProbedOnManagement()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync();
        foreach (string host in new[] { "10.1.2.3:9090", "gateway.internal", "evil.example" })
        {
            RawAnswer probe = await RawHttp.SendAsync(gateway.Management.Port, $"GET /health/ready HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.Equal(200, probe.Status);
            RawAnswer refused = await RawHttp.SendAsync(gateway.Port, $"GET /public/x HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.Equal(400, refused.Status);
            Assert.Contains("\"error\":\"bad_request\"", refused.Body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false, "127.0.0.1")]
    [InlineData(true, "203.0.113.7")]
    public async Task ForwardedAddress_IsBelievedFromTrustedProxiesAlone(bool trusted, string expected)
    {
        // The framework's own switch, by which it would believe everybody, is on in both cases.
        List<(string, string)> settings = [("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"), ("Gateway:AccessLog", "true")];
        if (trusted)
        {
            settings.Add(("Gateway:TrustedProxies:0", "127.0.0.1"));
        }

        await using GatewayProcess gateway = await GatewayProcess.StartAsync([.. settings]);
        RawAnswer answer = await RawHttp.GetAsync(
            gateway.Port, "/public/who", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: 127.0.0.1", "Forwarded: for=203.0.113.7", "X-Real-IP: 203.0.113.7");
        using JsonDocument echo = JsonDocument.Parse(answer.Body);
        Dictionary<string, string?> arrived = echo.RootElement.GetProperty("headers").EnumerateObject()
            .ToDictionary(header => header.Name, header => header.Value.GetString(), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(expected, arrived["X-Forwarded-For"]);
        Assert.Equal(trusted ? "https" : "http", arrived["X-Forwarded-Proto"]);
        string line = await gateway.LogLineAsync("\"Path\":\"/public/who\"");
        Assert.Contains($"\"Address\":\"{expected}\"", line, StringComparison.Ordinal);
        if (!trusted)
        {
            Assert.DoesNotContain("203.0.113.7", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("203.0.113.7", line, StringComparison.Ordinal);
        }
    }
}
