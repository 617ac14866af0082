using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tokens;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

/// <summary>The token that tells a destination who calls: what it says, how long it holds, and how seldom it is made.</summary>
public sealed class InternalTokenTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly IssuingKit _kit;
    private readonly AccessToken _caller;

    public InternalTokenTests()
    {
        _kit = IssuingKit.Create(_time);
        _caller = _kit.SomeToken();
    }

    public void Dispose() => _kit.Dispose();

    [Fact]
    public void Token_SaysWhoCalls_ForOneClusterAndAMinute()
    {
        AccessToken caller = _caller with
        {
            Claims = new Dictionary<string, string> { ["level"] = "7", ["text"] = "7", ["list"] = """["a",{"b":null}]""", ["odd"] = "a\r\n\"é\0" }.ToFrozenDictionary(),
            LiteralClaims = FrozenSet.Create("level"),
            StructuredClaims = FrozenSet.Create("list"),
        };

        string compact = Compact(Issuer("https://services.example/").Issue(caller, "orders"));

        Assert.Equal($$"""{"alg":"ES256","typ":"internal+jwt","kid":"{{_kit.Keys.Active.KeyId}}"}""", System.Text.Encoding.ASCII.GetString(IssuingKit.Part(compact, 0)));
        JsonObject payload = IssuingKit.ObjectIn(compact, 1);
        Assert.Equal(
            ["iss", "sub", "aud", "exp", "iat", "jti", "sid", "client_id", "tenant_id", "role", "auth_time"], payload.Select(claim => claim.Key).Take(11));
        Assert.Equal(
            (_kit.Options.Issuer, "https://services.example/orders", caller.User.ToString(), caller.Session.ToString(), caller.Tenant.ToString(), caller.Role),
            (Text("iss"), Text("aud"), Text("sub"), Text("sid"), Text("tenant_id"), Text("role")));
        Assert.Equal((_kit.Now, _kit.Now + 60), (payload["iat"]!.GetValue<long>(), payload["exp"]!.GetValue<long>()));
        Assert.NotEqual(caller.Id.ToString(), Text("jti"));
        Assert.Equal((7, "7", "a\r\n\"é\0"), (payload["level"]!.GetValue<int>(), Text("text"), Text("odd")));
        Assert.Equal("""["a",{"b":null}]""", payload["list"]!.ToJsonString());

        string Text(string name) => payload[name]!.GetValue<string>();
    }

    [Fact]
    public async Task Token_HoldsByThePublishedKeys_AndAnAccessTokenDoesNotPassForOne()
    {
        var published = new Microsoft.IdentityModel.Tokens.JsonWebKeySet(System.Text.Encoding.UTF8.GetString(new Aivo.Gateway.Tokens.JsonWebKeySet(_kit.Keys).Document.Span));
        var parameters = new TokenValidationParameters
        {
            ValidIssuer = _kit.Options.Issuer,
            ValidAudiences = ["orders", _kit.Options.Audience],
            ValidTypes = [InternalTokenIssuer.Type],
            IssuerSigningKeys = published.Keys,
            LifetimeValidator = (_, _, _, _) => true,
        };
        var library = new JsonWebTokenHandler();

        Assert.True((await library.ValidateTokenAsync(Compact(Issuer().Issue(_caller, "orders")), parameters)).IsValid);
        Assert.IsType<SecurityTokenInvalidTypeException>((await library.ValidateTokenAsync(_kit.GoodToken(), parameters)).Exception);
    }

    [Fact]
    public void Token_IsNoAccessToken_EvenUnderTheAudienceOfOne()
    {
        var validator = new AccessTokenValidator(_kit.Keys, _kit.Options, _time);
        foreach (string cluster in new[] { "orders", _kit.Options.Audience })
        {
            Assert.Null(validator.Validate(Compact(Issuer().Issue(_caller, cluster)), TokenExpiry.Ignored, out string? reason));
            Assert.Equal(TokenRefusals.Type, reason);
        }
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(239, 60)]
    [InlineData(241, 59)]
    [InlineData(299, 1)]
    [InlineData(329, 1)]
    public void Token_NeverOutlivesTheAccessToken(int age, int life)
    {
        _time.Advance(TimeSpan.FromSeconds(age));

        JsonObject payload = IssuingKit.ObjectIn(Compact(Issuer().Issue(_caller, "orders")), 1);

        long expires = payload["exp"]!.GetValue<long>();
        Assert.True(expires <= _caller.ExpiresAt.ToUnixTimeSeconds());
        Assert.Equal(life, expires - payload["iat"]!.GetValue<long>());
    }

    [Fact]
    public void Token_IsKept_UntilATenthOfItsLifeIsLeft()
    {
        InternalTokenIssuer issuer = Issuer();
        var tokens = new InternalTokens();

        string first = tokens.AuthorizationFor("orders", _caller, issuer);
        _time.Advance(TimeSpan.FromSeconds(53.9));
        Assert.Same(first, tokens.AuthorizationFor("orders", _caller, issuer));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        string second = tokens.AuthorizationFor("orders", _caller, issuer);
        Assert.NotEqual(first, second);
        Assert.Same(second, tokens.AuthorizationFor("orders", _caller, issuer));
    }

    [Fact]
    public void TokenThatEndsWithTheAccessToken_IsMadeOnce()
    {
        InternalTokenIssuer issuer = Issuer();
        var tokens = new InternalTokens();
        _time.Advance(TimeSpan.FromSeconds(250));

        string last = tokens.AuthorizationFor("orders", _caller, issuer);
        _time.Advance(TimeSpan.FromSeconds(79));

        Assert.Same(last, tokens.AuthorizationFor("orders", _caller, issuer));
    }

    [Fact]
    public void EveryClusterHasItsOwn_AndOnlySoManyAreKept()
    {
        InternalTokenIssuer issuer = Issuer();
        var tokens = new InternalTokens();
        string[] made = [.. Enumerable.Range(0, 8).Select(number => tokens.AuthorizationFor($"c{number}", _caller, issuer))];

        Assert.Equal(8, made.Distinct().Count());
        Assert.Same(made[0], tokens.AuthorizationFor("c0", _caller, issuer));
        tokens.AuthorizationFor("c8", _caller, issuer);
        Assert.Same(made[7], tokens.AuthorizationFor("c7", _caller, issuer));
        Assert.NotSame(made[0], tokens.AuthorizationFor("c0", _caller, issuer));
    }

    [Fact]
    public async Task RequestsAtOnce_ShareOneSignature()
    {
        InternalTokenIssuer issuer = Issuer();
        var tokens = new InternalTokens();

        string[] seen = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => tokens.AuthorizationFor("orders", _caller, issuer))));

        Assert.Single(seen.Distinct());
    }

    [Fact]
    public void KnownToken_CostsNoAllocation()
    {
        InternalTokenIssuer issuer = Issuer();
        var tokens = new InternalTokens();
        tokens.AuthorizationFor("orders", _caller, issuer);
        tokens.AuthorizationFor("basket", _caller, issuer);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int request = 0; request < 1000; request++)
        {
            tokens.AuthorizationFor("orders", _caller, issuer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void ClaimsOfAnIssuedAccessToken_ArriveWithTheirTypes()
    {
        TokensOptions options = _kit.Options with { Claims = new Dictionary<string, string> { ["a"] = "a", ["b"] = "b", ["c"] = "c", ["d"] = "d" } };
        const string Attributes = """{"a":"1","b":1.50,"c":[1,"2"],"d":false}""";
        using var attributes = JsonDocument.Parse(Attributes);
        string access = new AccessTokenIssuer(_kit.Keys, options).Issue(
            _kit.SomeToken(), attributes.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value));
        AccessToken read = new AccessTokenValidator(_kit.Keys, options, _time).Validate(access, TokenExpiry.Enforced, out _)!;

        JsonObject payload = IssuingKit.ObjectIn(Compact(Issuer().Issue(read, "orders")), 1);

        Assert.Equal(Attributes, new JsonObject(read.Claims.Keys.Order(StringComparer.Ordinal).Select(name => KeyValuePair.Create(name, payload[name]?.DeepClone()))).ToJsonString());
    }

    private InternalTokenIssuer Issuer(string prefix = "") =>
        new(_kit.Keys, _kit.Options with { Internal = new InternalTokenOptions { AudiencePrefix = prefix } }, _time, TestMetrics.Create());

    private static string Compact(InternalToken token)
    {
        Assert.StartsWith("Bearer ", token.Authorization, StringComparison.Ordinal);
        return token.Authorization["Bearer ".Length..];
    }
}
