using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary><c>Gateway:Cors</c>: pages of the configured origins may call <c>/auth/v1</c>, refusals included, and no others.</summary>
public sealed class CorsTests(CorsTests.Allowing allowing) : IClassFixture<CorsTests.Allowing>
{
    private const string Allowed = "https://app.example.com";
    private const string AllowOrigin = "Access-Control-Allow-Origin";

    [Theory]
    [InlineData("/auth/v1/login", "POST", "content-type")]
    [InlineData("/auth/v1/refresh", "POST", "authorization, content-type")]
    [InlineData("/auth/v1/me", "GET", "authorization")]
    [InlineData("/auth/v1/sessions", "GET", "authorization")]
    [InlineData("/auth/v1/sessions/AAAAAAAAAAAAAAAAAAAAAAAA", "DELETE", "authorization")]
    public async Task Preflight_OfAnAllowedOrigin_IsAnswered(string path, string method, string headers)
    {
        using HttpResponseMessage answer = await SendAsync("OPTIONS", path, Allowed, null, ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(Allowed, Header(answer, AllowOrigin));
        Assert.Contains(method, Header(answer, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.All(headers.Split(", "), header => Assert.Contains(header, Header(answer, "Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase));
        Assert.Equal("600", Header(answer, "Access-Control-Max-Age"));
        Assert.Null(Header(answer, "Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("/auth/v1/login", "https://evil.example")]
    [InlineData("/auth/v1/login", "https://app.example.com.evil.example")]
    [InlineData("/auth/v1/login", "http://app.example.com")]
    [InlineData("/auth/v1/login", "https://app.example.com:8443")]
    [InlineData("/auth/v1/login", "null")]
    [InlineData("/demo/x", Allowed)]
    public async Task Preflight_OfAnybodyElse_AllowsNothing(string path, string origin)
    {
        using HttpResponseMessage answer = await SendAsync("OPTIONS", path, origin, null, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"));
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-Allow-", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("GET", "/auth/v1/me", null, 401)]
    [InlineData("POST", "/auth/v1/refresh", "{}", 401)]
    [InlineData("POST", "/auth/v1/login", "{}", 422)]
    [InlineData("POST", "/auth/v1/login", """{"email":"nobody@example.com","password":"wrong password"}""", 401)]
    [InlineData("GET", "/auth/v1/login", null, 405)]
    [InlineData("GET", "/auth/v1/unknown", null, 404)]
    [InlineData("OPTIONS", "/auth/v1/me", null, 405)]
    public async Task Refusals_CanBeReadByAnAllowedOrigin_AndByNoOther(string method, string path, string? body, int status)
    {
        using HttpResponseMessage readable = await SendAsync(method, path, Allowed, body);
        Assert.Equal((status, Allowed), ((int)readable.StatusCode, Header(readable, AllowOrigin)));
        Assert.Equal(status == 405, readable.Content.Headers.Allow.Count > 0);
        await ContractClient.ErrorAsync(readable);
        Assert.Contains("Origin", readable.Headers.Vary);
        Assert.Contains("Retry-After", Header(readable, "Access-Control-Expose-Headers"), StringComparison.Ordinal);

        using HttpResponseMessage unreadable = await SendAsync(method, path, "https://evil.example", body);
        Assert.Equal((status, null), ((int)unreadable.StatusCode, Header(unreadable, AllowOrigin)));
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string origin, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Origin", origin);
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        request.Content = body is null ? null : new StringContent(body, null, "application/json");
        if (path == "/auth/v1/refresh")
        {
            request.Headers.Authorization = new("Bearer", "not-a-token");
        }

        return await allowing.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : null;

    public sealed class Allowing : IAsyncLifetime
    {
        private GatewayProcess _gateway = null!;

        internal HttpClient Http { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _gateway = await GatewayProcess.StartAsync(("Gateway:Cors:Origins:0", "https://other.example.com"), ("Gateway:Cors:Origins:1", Allowed));
            Http = new HttpClient { BaseAddress = _gateway.Address };
        }

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await _gateway.DisposeAsync();
        }
    }
}
