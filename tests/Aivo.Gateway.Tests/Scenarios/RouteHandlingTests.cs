using System.Text.Json;
using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Http;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Maintenance, lists of methods, odd paths, and the headers of every answer, through the running program.</summary>
public sealed class RouteHandlingTests(HandlingGateway handling) : IClassFixture<HandlingGateway>
{
    private const string ForgedToken = "Authorization: Bearer forged";

    private readonly RecordingDestination _destination = handling.Destination;

    [Theory]
    [InlineData("/shut/a", "60")]
    [InlineData("/closing/a", "120")]
    public async Task RouteUnderMaintenance_AnswersBeforeAnybodyAsksWhoCalls(string path, string wait)
    {
        foreach (string[] headers in new string[][] { [], [ForgedToken] })
        {
            RawAnswer answer = await GetAsync(path, headers);
            Assert.Equal((503, "temporarily_unavailable", wait), (answer.Status, CodeOf(answer), answer.Header("Retry-After")));
            Assert.Null(answer.Header("WWW-Authenticate"));
        }

        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task RouteWhoseMaintenanceIsOver_IsForwarded()
    {
        Assert.Equal(200, (await GetAsync("/reopened/a")).Status);
        Assert.NotNull(_destination.Take());
    }

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("PUT", 200)]
    [InlineData("POST", 405)]
    [InlineData("DELETE", 405)]
    [InlineData("OPTIONS", 405)]
    public async Task RouteWithAListOfMethods_TakesNoOther(string method, int status)
    {
        RawAnswer answer = await RawHttp.SendAsync(handling.Gateway.Port, $"{method} /listed/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? method : null, _destination.Take()?.Method);
        if (status == 405)
        {
            Assert.Equal(("method_not_allowed", "GET, PUT"), (CodeOf(answer), answer.Header("Allow")));
        }
    }

    [Theory]
    [InlineData("/odd//a%2fb", 200, "/odd/a/b")]
    [InlineData("/x/..;/odd/a", 200, "/odd/a")]
    [InlineData("/plain//a", 400, null)]
    [InlineData("/odd/../plain/a", 400, null)]
    [InlineData("/nowhere//a", 400, null)]
    [InlineData("/auth//v1/me", 400, null)]
    [InlineData("/odd/%2e%2e/auth/v1/login", 400, null)]
    [InlineData("//.well-known/jwks.json", 400, null)]
    public async Task OddPath_ReachesOnlyWhatAsksForIt(string target, int status, string? arrived)
    {
        RawAnswer answer = await GetAsync(target);

        Assert.Equal(status, answer.Status);
        Assert.Equal(arrived, _destination.Take()?.Target);
        Assert.Equal(status == 400 ? "bad_request" : null, CodeOf(answer));
    }

    [Theory]
    [InlineData("/plain/a", 200)]
    [InlineData("/closed/a", 401)]
    [InlineData("/shut/a", 503)]
    [InlineData("/unreachable/a", 502)]
    [InlineData("/nothing", 404)]
    [InlineData("/plain//a", 400)]
    [InlineData("/auth/v1/openapi.json", 200)]
    [InlineData("/.well-known/jwks.json", 200)]
    public async Task EveryAnswer_HasTheConfiguredHeaders_AndTheRequestsIdentifier(string path, int status)
    {
        RawAnswer named = await GetAsync(path, "X-Request-Id: order-4711/a.b");
        RawAnswer unnamed = await GetAsync(path, "X-Request-Id: two words");
        string? received = _destination.Requests.LastOrDefault()?.Header("X-Request-Id");

        foreach (RawAnswer answer in new[] { named, unnamed })
        {
            Assert.Equal((status, "max-age=31536000", "nosniff"), (answer.Status, answer.Header("Strict-Transport-Security"), answer.Header("X-Content-Type-Options")));
            Assert.Single(answer.Headers, header => header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase));
        }

        Assert.Equal("order-4711/a.b", named.Header("X-Request-Id"));
        string made = unnamed.Header("X-Request-Id")!;
        Assert.Matches("^[0-9a-f]{32}$", made);
        if (status >= 400)
        {
            using JsonDocument body = JsonDocument.Parse(unnamed.Body);
            Assert.Equal(made, body.RootElement.GetProperty("details").GetProperty("traceId").GetString());
        }
        else if (path == "/plain/a")
        {
            Assert.Equal(made, received);
        }

        _destination.Requests.Clear();
    }

    [Fact]
    public async Task HeaderThatTheDestinationSets_StaysAsItIs()
    {
        Assert.Equal("SAMEORIGIN", (await GetAsync("/plain/a")).Header("X-Frame-Options"));
        Assert.Equal("DENY", (await GetAsync("/closed/a")).Header("X-Frame-Options"));
        _destination.Requests.Clear();
    }

    [Fact]
    public async Task AnswerWithoutABody_HasThemToo()
    {
        using var http = new HttpClient { BaseAddress = handling.Gateway.Address };
        using HttpResponseMessage answer = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/closed/a"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(answer.Headers.GetValues("X-Request-Id")));
    }

    private Task<RawAnswer> GetAsync(string target, params string[] headers) => RawHttp.GetAsync(handling.Gateway.Port, target, headers);

    private static string? CodeOf(RawAnswer answer)
    {
        if (!answer.Body.StartsWith('{'))
        {
            return null;
        }

        using JsonDocument body = JsonDocument.Parse(answer.Body);
        return body.RootElement.TryGetProperty("error", out JsonElement code) ? code.GetString() : null;
    }
}
