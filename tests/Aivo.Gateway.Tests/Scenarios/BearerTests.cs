using System.Text.Json;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Tokens;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>
/// Every bad bearer over a real socket, made from a token that the gateway itself issued: the documented 401, nothing forwarded, and
/// the session it was made from is none the worse for it.
/// </summary>
public sealed class BearerTests(KeyedGateway keyed) : IClassFixture<KeyedGateway>
{
    private static readonly IReadOnlyList<BearerVariant> WithoutExpiry = [.. BearerVariants.All.Where(variant => variant.Reason != TokenRefusals.Expired)];

    [Theory]
    [InlineData("/demo/x")]
    [InlineData("/auth/v1/me")]
    public async Task EveryVariant_IsRefused_AndNothingIsForwarded(string path)
    {
        ContractClient.AuthResponse pair = await LoginAsync();
        keyed.Destination.Received.Clear();
        List<string> wrong = [];
        foreach (BearerVariant variant in BearerVariants.All)
        {
            RawAnswer answer = await RawHttp.GetAsync(keyed.Gateway.Port, path, $"Authorization: {variant.Header(pair.AccessToken, keyed.Kit)}");
            wrong.AddRange(FaultsOf(variant, answer));
        }

        Assert.Empty(wrong);
        Assert.Empty(keyed.Destination.Received);
        RawAnswer good = await RawHttp.GetAsync(keyed.Gateway.Port, path, $"Authorization: Bearer {pair.AccessToken}");
        Assert.Equal(200, good.Status);
    }

    [Fact]
    public async Task Refresh_RefusesEveryVariant_AndTheTokenStaysGood()
    {
        ContractClient.AuthResponse pair = await LoginAsync();
        string body = JsonSerializer.Serialize(new { refreshToken = pair.RefreshToken });
        List<string> wrong = [];
        foreach (BearerVariant variant in WithoutExpiry)
        {
            wrong.AddRange(FaultsOf(variant, await PostAsync("/auth/v1/refresh", variant.Header(pair.AccessToken, keyed.Kit), body)));
        }

        Assert.Empty(wrong);
        await keyed.Client.RefreshAsync(pair);
    }

    [Fact]
    public async Task Logout_RefusesEveryVariant_AndTheSessionLives()
    {
        ContractClient.AuthResponse pair = await LoginAsync();
        List<string> wrong = [];
        foreach (BearerVariant variant in WithoutExpiry)
        {
            wrong.AddRange(FaultsOf(variant, await PostAsync("/auth/v1/logout", variant.Header(pair.AccessToken, keyed.Kit), "")));
        }

        Assert.Empty(wrong);
        Assert.Equal(HttpStatusCode.OK, await keyed.Client.StatusAsync("/demo/x", pair.AccessToken));
        await keyed.Client.RefreshAsync(pair);
    }

    [Fact]
    public async Task ExpiredBearer_IsRefusedOnRoutes_AndStillRefreshesAndLogsOut()
    {
        ContractClient.AuthResponse pair = await LoginAsync();
        string expired = Expired(pair.AccessToken);
        Assert.Equal(HttpStatusCode.Unauthorized, await keyed.Client.StatusAsync("/demo/x", expired));
        ContractClient.AuthResponse next = await keyed.Client.RefreshAsync(expired, pair.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, await keyed.Client.StatusAsync("/demo/x", next.AccessToken));
        await keyed.Client.LogoutAsync(Expired(next.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await keyed.Client.StatusAsync("/demo/x", next.AccessToken));
    }

    [Fact]
    public async Task RefreshTokenAsBearer_IsRefusedEverywhere()
    {
        ContractClient.AuthResponse pair = await LoginAsync();
        string header = $"Bearer {pair.RefreshToken}";
        RawAnswer[] answers =
        [
            await RawHttp.GetAsync(keyed.Gateway.Port, "/demo/x", $"Authorization: {header}"),
            await RawHttp.GetAsync(keyed.Gateway.Port, "/auth/v1/me", $"Authorization: {header}"),
            await PostAsync("/auth/v1/logout", header, ""),
            await PostAsync("/auth/v1/refresh", header, JsonSerializer.Serialize(new { refreshToken = pair.RefreshToken })),
        ];
        Assert.All(answers, answer => Assert.Equal((401, "invalid_token"), (answer.Status, CodeOf(answer))));
    }

    [Fact]
    public async Task TokenAnywhereButInTheHeader_IsNone()
    {
        string token = (await LoginAsync()).AccessToken;
        keyed.Destination.Received.Clear();
        RawAnswer[] answers =
        [
            await RawHttp.GetAsync(keyed.Gateway.Port, $"/demo/x?access_token={token}"),
            await RawHttp.GetAsync(keyed.Gateway.Port, "/demo/x", $"Cookie: access_token={token}; Authorization=Bearer {token}"),
            await RawHttp.GetAsync(keyed.Gateway.Port, "/demo/x", $"Proxy-Authorization: Bearer {token}"),
            await RawHttp.GetAsync(keyed.Gateway.Port, "/demo/x", $"X-Access-Token: {token}"),
            await RawHttp.GetAsync(keyed.Gateway.Port, "/demo/x", $"Sec-WebSocket-Protocol: chat, aivo.bearer.{token}"),
            await PostAsync("/demo/x", null, $"access_token={token}"),
        ];
        Assert.All(answers, answer => Assert.Equal((401, "unauthenticated"), (answer.Status, CodeOf(answer))));
        Assert.Empty(keyed.Destination.Received);
    }

    private async Task<ContractClient.AuthResponse> LoginAsync() => await keyed.Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);

    private string Expired(string token) => SecretLedger.Note(keyed.Kit.Change(
        token, payload: claims => (claims["iat"], claims["exp"]) = (keyed.Kit.Now - 400, keyed.Kit.Now - 100)));

    private Task<RawAnswer> PostAsync(string path, string? authorization, string body) => RawHttp.SendAsync(keyed.Gateway.Port,
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n"
        + (authorization is null ? "" : $"Authorization: {authorization}\r\n") + $"\r\n{body}");

    private static IEnumerable<string> FaultsOf(BearerVariant variant, RawAnswer answer)
    {
        string challenge = "Bearer realm=\"aivo\"" + (variant.Code == "invalid_token" ? ", error=\"invalid_token\"" : "");
        if ((answer.Status, CodeOf(answer), answer.Header("WWW-Authenticate")) != (401, variant.Code, challenge))
        {
            yield return $"{variant.Name}: {answer.Status} {answer.Header("WWW-Authenticate")} {answer.Body}";
        }
    }

    private static string? CodeOf(RawAnswer answer)
    {
        if (answer.Body.Length == 0)
        {
            return null;
        }

        using JsonDocument body = JsonDocument.Parse(answer.Body);
        return body.RootElement.GetProperty("error").GetString();
    }
}
