using System.Collections.Frozen;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aivo.Gateway.Tokens;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Tokens;

public sealed class AccessTokenTests : IDisposable
{
    private static readonly FrozenDictionary<string, JsonElement> NoAttributes = FrozenDictionary<string, JsonElement>.Empty;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 700, TimeSpan.Zero));
    private readonly IssuingKit _kit;
    private readonly AccessTokenValidator _validator;

    public AccessTokenTests()
    {
        _kit = IssuingKit.Create(_time);
        _validator = new AccessTokenValidator(_kit.Keys, _kit.Options, _time);
    }

    [Fact]
    public void Header_HasExactlyThreeMembers() =>
        Assert.Equal($$"""{"alg":"ES256","typ":"at+jwt","kid":"{{_kit.Keys.Active.KeyId}}"}""", Encoding.UTF8.GetString(IssuingKit.Part(_kit.GoodToken(), 0)));

    [Fact]
    public void Payload_HasTheClaimsOfTheProfileAndNoOthers()
    {
        AccessToken token = _kit.SomeToken();
        long second = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();

        string payload = Encoding.UTF8.GetString(IssuingKit.Part(new AccessTokenIssuer(_kit.Keys, _kit.Options).Issue(token, NoAttributes), 1));

        Assert.Equal($$"""{"iss":"https://gateway.example","sub":"{{token.User}}","aud":"https://api.example","exp":{{second + 300}},"iat":{{second}},"jti":"{{token.Id}}","sid":"{{token.Session}}","client_id":"aivo-sdk","tenant_id":"{{token.Tenant}}","role":"learner","auth_time":{{second}}}""", payload);
    }

    [Theory]
    [InlineData((int)SigningAlgorithm.ES256)]
    [InlineData((int)SigningAlgorithm.PS256)]
    [InlineData((int)SigningAlgorithm.RS256)]
    public void IssuedToken_IsReadBackWhole(int algorithm)
    {
        using IssuingKit kit = IssuingKit.Create(_time, IssuingKit.SomeOptions with { Algorithm = (SigningAlgorithm)algorithm });
        AccessToken token = kit.SomeToken();

        AccessToken? read = new AccessTokenValidator(kit.Keys, kit.Options, _time).Validate(new AccessTokenIssuer(kit.Keys, kit.Options).Issue(token, NoAttributes), TokenExpiry.Enforced, out string? reason);

        Assert.Null(reason);
        DateTimeOffset second = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(token with { IssuedAt = second, ExpiresAt = second.AddMinutes(5), AuthenticatedAt = second, KeyId = kit.Keys.Active.KeyId, Claims = read!.Claims }, read);
        Assert.Empty(read.Claims);
    }

    [Fact]
    public void MappedAttributes_KeepTheirTypesAndMissingOnesAreLeftOut()
    {
        var options = _kit.Options with
        {
            Claims = new Dictionary<string, string> { ["learner_uid"] = "learnerUid", ["level"] = "level", ["staff"] = "isStaff", ["scope"] = "scope", ["classes"] = "classes", ["none"] = "absent", ["empty"] = "nothing" },
        };
        using var attributes = JsonDocument.Parse("""{"learnerUid":"L-1 \"ü\"","level":7,"isStaff":true,"scope":"a b","classes":["x",{"y":1}],"nothing":null,"unmapped":"secret"}""");

        string compact = new AccessTokenIssuer(_kit.Keys, options).Issue(_kit.SomeToken(), attributes.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value));

        JsonObject payload = IssuingKit.ObjectIn(compact, 1);
        Assert.Equal("7", payload["level"]!.ToJsonString());
        Assert.False(payload.ContainsKey("none") || payload.ContainsKey("empty") || payload.ContainsKey("unmapped"));
        AccessToken read = _validator.Validate(compact, TokenExpiry.Enforced, out _)!;
        Assert.Equal(
            [("classes", """["x",{"y":1}]"""), ("learner_uid", "L-1 \"ü\""), ("level", "7"), ("scope", "a b"), ("staff", "true")],
            read.Claims.OrderBy(claim => claim.Key, StringComparer.Ordinal).Select(claim => (claim.Key, claim.Value)));
    }

    [Theory]
    [InlineData("""{"a":{"b":1,"b":2}}""")]
    [InlineData("""{"a":[[[[[[[[1]]]]]]]]}""")]
    [InlineData(null)]
    public void AttributesThatWouldMakeAnUnacceptableToken_AreRefusedAtIssue(string? json)
    {
        var options = _kit.Options with { Claims = new Dictionary<string, string> { ["a"] = "a" } };
        using var attributes = JsonDocument.Parse(json ?? $$"""{"a":"{{new string('x', 8000)}}"}""");

        Assert.Throws<UnusableAttributesException>(() =>
            new AccessTokenIssuer(_kit.Keys, options).Issue(_kit.SomeToken(), new Dictionary<string, JsonElement> { ["a"] = attributes.RootElement.GetProperty("a") }));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(0)]
    [InlineData(-1)]
    public void LifeOtherThanTheConfigured_IsNotIssued(int seconds)
    {
        AccessToken token = _kit.SomeToken();

        Assert.Throws<ArgumentException>(() =>
            new AccessTokenIssuer(_kit.Keys, _kit.Options).Issue(token with { ExpiresAt = token.IssuedAt.AddSeconds(seconds) }, NoAttributes));
    }

    [Theory]
    [InlineData(329, true)]
    [InlineData(330, false)]
    public void Expiry_IsEnforcedWithThirtySecondsOfSkew(int seconds, bool accepted)
    {
        string token = _kit.GoodToken();
        _time.SetUtcNow(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddSeconds(seconds));

        Assert.Equal(accepted, _validator.Validate(token, TokenExpiry.Enforced, out string? reason) is not null);
        Assert.Equal(accepted ? null : TokenRefusals.Expired, reason);
    }

    [Fact]
    public void ExpiredToken_IsReadWhereExpiryDoesNotCount()
    {
        string token = _kit.GoodToken();
        _time.Advance(TimeSpan.FromDays(400));

        Assert.NotNull(_validator.Validate(token, TokenExpiry.Ignored, out _));
    }

    [Theory]
    [InlineData("iat", 30, null)]
    [InlineData("iat", 31, TokenRefusals.NotYetValid)]
    [InlineData("nbf", 30, null)]
    [InlineData("nbf", 31, TokenRefusals.NotYetValid)]
    public void Future_IsAcceptedUpToTheSkew(string claim, int seconds, string? expected)
    {
        string token = _kit.Change(_kit.GoodToken(), payload: claims => claims[claim] = _kit.Now + seconds);

        _validator.Validate(token, TokenExpiry.Enforced, out string? reason);

        Assert.Equal(expected, reason);
    }

    [Fact]
    public void ListOfAudiences_WithOurs_IsAccepted() =>
        Assert.NotNull(_validator.Validate(_kit.Change(_kit.GoodToken(), payload: claims => claims["aud"] = new JsonArray("other", _kit.Options.Audience)), TokenExpiry.Enforced, out _));

    [Fact]
    public void LifeOfFifteenMinutes_IsAcceptedWhateverIsConfigured() =>
        Assert.NotNull(_validator.Validate(_kit.Change(_kit.GoodToken(), payload: claims => claims["exp"] = claims["iat"]!.GetValue<long>() + 900), TokenExpiry.Enforced, out _));

    [Fact]
    public void KeyHintsInTheHeader_AreIgnored()
    {
        string token = _kit.Change(_kit.GoodToken(), header => (header["jku"], header["x5u"], header["x5c"], header["jwk"]) = ("http://127.0.0.1:9/", "http://127.0.0.1:9/", new JsonArray("x"), new JsonObject()));

        Assert.NotNull(_validator.Validate(token, TokenExpiry.Enforced, out _));
    }

    /// <summary>Whoever holds a token can spell it a second way, so nothing may hang on a token's bytes: revocation is by id.</summary>
    [Fact]
    public void MirroredSignature_IsAcceptedAsTheSameToken()
    {
        string token = _kit.GoodToken();
        byte[] signature = IssuingKit.Part(token, 2);
        BigInteger mirrored = new BigInteger(BearerVariants.Order, isUnsigned: true, isBigEndian: true) - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        byte[] s = mirrored.ToByteArray(isUnsigned: true, isBigEndian: true);
        string twin = IssuingKit.WithSignature(token, [.. signature[..32], .. new byte[32 - s.Length], .. s]);

        Assert.NotEqual(token, twin);
        Assert.Equal(_validator.Validate(token, TokenExpiry.Enforced, out _)!.Id, _validator.Validate(twin, TokenExpiry.Enforced, out _)!.Id);
    }

    [Fact]
    public void RotatedKeys_AcceptOldTokensUntilTheOldKeyIsRemoved()
    {
        using var folder = new KeyFolder();
        using SigningKeyRing before = folder.Add("old.pem", KeyFolder.NewP256Pem()).SigningKeys();
        string token = new AccessTokenIssuer(before, _kit.Options).Issue(_kit.SomeToken(), NoAttributes);

        using SigningKeyRing both = folder.Add("new.pem", KeyFolder.NewP256Pem()).SigningKeys(active: "new");
        Assert.Equal(before.Active.KeyId, new AccessTokenValidator(both, _kit.Options, _time).Validate(token, TokenExpiry.Enforced, out _)!.KeyId);

        File.Delete(Path.Combine(folder.Path, "old.pem"));
        using SigningKeyRing after = folder.SigningKeys();
        Assert.Null(new AccessTokenValidator(after, _kit.Options, _time).Validate(token, TokenExpiry.Enforced, out string? reason));
        Assert.Equal(TokenRefusals.Kid, reason);
    }

    [Fact]
    public void ManyThreads_SignAndVerifyWithOneKey()
    {
        var issuer = new AccessTokenIssuer(_kit.Keys, _kit.Options);
        Parallel.For(0, 400, _ => Assert.NotNull(_validator.Validate(issuer.Issue(_kit.SomeToken(), NoAttributes), TokenExpiry.Enforced, out string? _)));
    }

    public void Dispose() => _kit.Dispose();
}
