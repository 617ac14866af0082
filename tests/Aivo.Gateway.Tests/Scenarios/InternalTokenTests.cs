using System.Text.Json;
using System.Text.Json.Nodes;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>What a destination receives as <c>Authorization</c> from the running program, and that it opens no door from outside.</summary>
public sealed class InternalTokenTests(IntroducingGateway introducing) : IClassFixture<IntroducingGateway>
{
    private readonly Destination _destination = introducing.Destination;
    private readonly GatewayProcess _gateway = introducing.Gateway;
    private readonly HttpClient _http = introducing.Http;
    private readonly ContractClient.AuthResponse _pair = introducing.Pair;

    [Fact]
    public async Task Destination_LearnsWhoCalls_ByATokenOfItsOwn()
    {
        string orders = await InternalTokenAsync("/orders/1");
        string basket = await InternalTokenAsync("/basket/1");

        JsonObject sent = IssuingKit.ObjectIn(_pair.AccessToken, 1);
        foreach ((string token, string audience) in new[] { (orders, "Orders"), (basket, "basket") })
        {
            Assert.Equal("internal+jwt", IssuingKit.ObjectIn(token, 0)["typ"]!.GetValue<string>());
            JsonObject payload = IssuingKit.ObjectIn(token, 1);
            Assert.Equal(audience, payload["aud"]!.GetValue<string>());
            Assert.InRange(payload["exp"]!.GetValue<long>() - payload["iat"]!.GetValue<long>(), 1, 60);
            foreach (string claim in new[] { "iss", "sub", "sid", "tenant_id", "role", "client_id", "auth_time", "learner_uid" })
            {
                Assert.Equal(sent[claim]!.ToJsonString(), payload[claim]!.ToJsonString());
            }
        }

        Assert.Equal(orders, await InternalTokenAsync("/orders/2"));
        JsonObject keys = JsonNode.Parse(await _http.GetStringAsync("/.well-known/jwks.json", TestContext.Current.CancellationToken))!.AsObject();
        Assert.Contains(keys["keys"]!.AsArray(), key => key!["kid"]!.GetValue<string>() == IssuingKit.ObjectIn(orders, 0)["kid"]!.GetValue<string>());
    }

    [Fact]
    public async Task InternalToken_IsRefusedAtTheFrontDoor()
    {
        string token = await InternalTokenAsync("/orders/1");
        _destination.Received.Clear();

        foreach (string request in new[] { "GET /auth/v1/me", "GET /orders/1", "GET /kept/1", "GET /auth/v1/sessions", "POST /auth/v1/logout" })
        {
            RawAnswer answer = await RawHttp.SendAsync(_gateway.Port, $"{request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nAuthorization: Bearer {token}\r\n\r\n");
            Assert.Equal((401, "invalid_token"), (answer.Status, JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetString()));
        }

        Assert.Empty(_destination.Received);
        Assert.Equal(200, (await GetAsync("/orders/1", $"Bearer {_pair.AccessToken}")).Status);
    }

    [Theory]
    [InlineData("/kept/1", true)]
    [InlineData("/openkept/1", true)]
    [InlineData("/stripped/1", false)]
    [InlineData("/open/1", false)]
    public async Task Route_ForwardsOrStripsTheClientsHeader_AsItSays(string path, bool arrives)
    {
        string header = $"Bearer {_pair.AccessToken}";
        _destination.Received.Clear();
        await GetAsync(path, header);

        Assert.Equal(arrives ? header : null, Take().Headers.GetValueOrDefault("Authorization"));
    }

    [Fact]
    public async Task ClaimsOfTheTokenItself_CanBeHeaders()
    {
        _destination.Received.Clear();
        await GetAsync("/orders/1", $"Bearer {_pair.AccessToken}");

        JsonObject sent = IssuingKit.ObjectIn(_pair.AccessToken, 1);
        ReceivedRequest received = Take();
        foreach ((string header, string claim) in new[] { ("X-Token-Id", "jti"), ("X-Client", "client_id"), ("X-Tenant-Again", "tenant_id"), ("X-Role-Again", "role") })
        {
            Assert.Equal(sent[claim]!.GetValue<string>(), received.Headers[header]);
        }
    }

    private async Task<string> InternalTokenAsync(string path)
    {
        _destination.Received.Clear();
        await GetAsync(path, $"Bearer {_pair.AccessToken}");
        string header = Take().Headers["Authorization"];
        Assert.StartsWith("Bearer ", header, StringComparison.Ordinal);
        Assert.NotEqual($"Bearer {_pair.AccessToken}", header);
        return SecretLedger.Note(header["Bearer ".Length..]);
    }

    private ReceivedRequest Take()
    {
        Assert.True(_destination.Received.TryDequeue(out ReceivedRequest? received));
        return received;
    }

    private Task<RawAnswer> GetAsync(string path, string authorization) => RawHttp.GetAsync(_gateway.Port, path, $"Authorization: {authorization}");
}
