using System.Net.Http.Headers;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Paths, methods and the shape of every refusal, over a real socket.</summary>
public sealed class AnswerShapeTests(DemoGateway demo) : IClassFixture<DemoGateway>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/auth/v1/login", 405, "method_not_allowed", "POST")]
    [InlineData("PUT", "/auth/v1/login", 405, "method_not_allowed", "POST")]
    [InlineData("DELETE", "/auth/v1/refresh", 405, "method_not_allowed", "POST")]
    [InlineData("GET", "/auth/v1/logout", 405, "method_not_allowed", "POST")]
    [InlineData("POST", "/auth/v1/me", 405, "method_not_allowed", "GET")]
    [InlineData("POST", "/auth/v1/sessions", 405, "method_not_allowed", "GET")]
    [InlineData("DELETE", "/auth/v1/sessions/", 405, "method_not_allowed", "GET")]
    [InlineData("GET", "/auth/v1/sessions/AAAAAAAAAAAAAAAAAAAAAAAA", 405, "method_not_allowed", "DELETE")]
    [InlineData("PUT", "/auth/v1/Sessions/x", 405, "method_not_allowed", "DELETE")]
    [InlineData("DELETE", "/auth/v1/sessions/x/y", 404, "not_found", null)]
    [InlineData("PATCH", "/auth/v1/openapi.json", 405, "method_not_allowed", "GET")]
    [InlineData("GET", "/AUTH/V1/LOGIN", 405, "method_not_allowed", "POST")]
    [InlineData("OPTIONS", "/auth/v1/me", 405, "method_not_allowed", "GET")]
    [InlineData("GET", "/auth/v1", 404, "not_found", null)]
    [InlineData("GET", "/auth/v1/unknown", 404, "not_found", null)]
    [InlineData("POST", "/auth/v1/login/extra", 404, "not_found", null)]
    [InlineData("GET", "/", 404, "not_found", null)]
    [InlineData("GET", "/nowhere", 404, "not_found", null)]
    [InlineData("GET", "/health/live", 404, "not_found", null)]
    [InlineData("GET", "/health/ready", 404, "not_found", null)]
    [InlineData("GET", "/metrics", 404, "not_found", null)]
    [InlineData("POST", "/.well-known/jwks.json", 405, "method_not_allowed", "GET")]
    [InlineData("GET", "/demo/x", 401, "unauthenticated", null)]
    [InlineData("GET", "/auth/v1/me", 401, "unauthenticated", null)]
    [InlineData("POST", "/auth/v1/logout", 401, "unauthenticated", null)]
    [InlineData("POST", "/auth/v1/logout?scope=all", 401, "unauthenticated", null)]
    [InlineData("GET", "/auth/v1/sessions", 401, "unauthenticated", null)]
    [InlineData("DELETE", "/auth/v1/sessions/AAAAAAAAAAAAAAAAAAAAAAAA", 401, "unauthenticated", null)]
    [InlineData("DELETE", "/auth/v1/sessions/x", 401, "unauthenticated", null)]
    [InlineData("POST", "/auth/v1/refresh", 401, "unauthenticated", null)]
    public async Task Refusals_HaveTheContractsShape(string method, string path, int status, string code, string? allow)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using HttpResponseMessage answer = await demo.Http.SendAsync(request, Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(code, (await ContractClient.ErrorAsync(answer)).Code);
        Assert.Equal(allow, answer.Content.Headers.Allow.Count == 0 ? null : string.Join(", ", answer.Content.Headers.Allow));
        Assert.Equal(status == 401 ? "Bearer realm=\"aivo\"" : "", answer.Headers.WwwAuthenticate.ToString());
        Assert.Empty(answer.Headers.Server);
    }

    [Fact]
    public async Task InvalidToken_IsNamedInTheChallenge_WithoutAReason()
    {
        using HttpResponseMessage answer = await demo.Client.GetAsync("/demo/x", "not-a-token");
        Assert.Equal("Bearer realm=\"aivo\", error=\"invalid_token\"", answer.Headers.WwwAuthenticate.ToString());
        Assert.Equal("invalid_token", (await ContractClient.ErrorAsync(answer)).Code);
    }

    [Fact]
    public async Task UnknownAccountAndWrongPassword_GiveTheSameAnswer()
    {
        List<string> answers = [];
        foreach ((string email, string password) in new[] { ("nobody@example.com", "wrong password"), (DemoGateway.Learner, "wrong password") })
        {
            using HttpResponseMessage answer = await demo.Client.SendAsync(HttpMethod.Post, "/auth/v1/login", null, new { email, password });
            ContractClient.Error error = await ContractClient.ErrorAsync(answer);
            string body = await answer.Content.ReadAsStringAsync(Cancellation);
            string headers = string.Join('\n', answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key != "Date").Select(header => $"{header.Key}: {string.Join(',', header.Value)}"));
            answers.Add($"{(int)answer.StatusCode}\n{headers}\n{body}".Replace(error.Details.GetProperty("traceId").GetString()!, "", StringComparison.Ordinal));
        }

        Assert.StartsWith("401\n", answers[0], StringComparison.Ordinal);
        Assert.Contains("invalid_credentials", answers[0], StringComparison.Ordinal);
        Assert.Equal(answers[0], answers[1]);
    }

    [Fact]
    public async Task TokenAnswer_IsNotStored_AndIsJson()
    {
        using HttpResponseMessage answer = await demo.Client.SendAsync(HttpMethod.Post, "/auth/v1/login", null, new { email = DemoGateway.Learner, password = DemoGateway.Password });
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task TwoAuthorizationHeaders_AreRefused()
    {
        ContractClient.AuthResponse pair = await demo.Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        string header = $"Authorization: Bearer {pair.AccessToken}";
        RawAnswer answer = await RawHttp.GetAsync(demo.Gateway.Port, "/demo/x", header, header);
        Assert.Equal(401, answer.Status);
        Assert.Contains("\"invalid_token\"", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeySet_HasOnlyPublicMembers_AndVerifiesTokens()
    {
        string document = await demo.Http.GetStringAsync("/.well-known/jwks.json", Cancellation);
        Assert.DoesNotContain("\"d\"", document, StringComparison.Ordinal);
        Assert.Contains("\"use\":\"sig\"", document, StringComparison.Ordinal);
        var keys = new Microsoft.IdentityModel.Tokens.JsonWebKeySet(document);
        ContractClient.AuthResponse pair = await demo.Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        var result = await new Microsoft.IdentityModel.JsonWebTokens.JsonWebTokenHandler().ValidateTokenAsync(pair.AccessToken, new()
        {
            ValidIssuer = "http://localhost:8080",
            ValidAudience = "aivo-development",
            IssuerSigningKeys = keys.GetSigningKeys(),
            ValidTypes = ["at+jwt"],
        });
        Assert.True(result.IsValid, result.Exception?.Message);
    }
}
