using System.Security.Cryptography;
using System.Text;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tokens;
using CsCheck;

namespace Aivo.Gateway.Tests.Tokens;

public sealed class RefreshTokenCodecTests : IDisposable
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private readonly KeyFolder _folder = new KeyFolder().Add("a.key", RandomNumberGenerator.GetBytes(32)).Add("b.key", RandomNumberGenerator.GetBytes(32));
    private readonly RefreshKeyRing _keys;
    private readonly RefreshTokenCodec _codec;

    public RefreshTokenCodecTests()
    {
        _keys = _folder.RefreshKeys(active: "b");
        _codec = new RefreshTokenCodec(_keys, IssuingKit.SomeOptions);
    }

    private RefreshToken Some => new(SessionId.Create(7), 3, "c29tZS1sYWJlbC1vZi0xMjg", new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 3, 31, 12, 0, 0, TimeSpan.Zero), _keys.Active.KeyId);

    [Fact]
    public void Form_IsAJwtWithFixedMembers()
    {
        RefreshToken token = Some;

        string text = _codec.Write(token);

        Assert.Equal($$"""{"alg":"HS256","typ":"rt+jwt","kid":"{{token.KeyId}}"}""", Encoding.UTF8.GetString(IssuingKit.Part(text, 0)));
        Assert.Equal($$"""{"iss":"https://gateway.example","aud":"https://gateway.example/auth/v1/refresh","sid":"{{token.Session}}","n":3,"label":"{{token.Label}}","iat":1772366400,"exp":1774958400}""", Encoding.UTF8.GetString(IssuingKit.Part(text, 1)));
    }

    [Fact]
    public void SameLeaf_IsTheSameTextInEveryCodecAndReadsBack()
    {
        using KeyFolder copy = new KeyFolder().Add("x.key", File.ReadAllBytes(Path.Combine(_folder.Path, "b.key")));
        var otherNode = new RefreshTokenCodec(copy.RefreshKeys(), IssuingKit.SomeOptions);

        Gen.Select(Gen.ULong, Gen.ULong, Gen.UShort, Gen.Int[0, int.MaxValue], Gen.Char[Alphabet].Array[1, 64], Gen.Long[0, 4_000_000_000_000], Gen.Long[0, 4_000_000_000_000])
            .Sample((high, low, shard, number, label, issued, expires) =>
            {
                var token = new RefreshToken(new SessionId(new UInt128(high, low), shard), number, new string(label), Milliseconds(issued), Milliseconds(expires), _keys.Active.KeyId);
                string text = _codec.Write(token);
                Assert.Equal(text, otherNode.Write(token));
                Assert.Equal(token with { IssuedAt = Milliseconds(issued / 1000 * 1000), ExpiresAt = Milliseconds(expires / 1000 * 1000) }, otherNode.Read(text));
            });
    }

    [Fact]
    public void DifferentLeaves_AreDifferentTexts()
    {
        RefreshToken token = Some;
        string[] texts =
        [
            .. new[]
            {
                token,
                token with { Session = SessionId.Create(7) },
                token with { Number = 4 },
                token with { Label = token.Label + "A" },
                token with { IssuedAt = token.IssuedAt.AddSeconds(1) },
                token with { ExpiresAt = token.ExpiresAt.AddSeconds(1) },
            }.Select(_codec.Write),
        ];

        Assert.Equal(texts.Length, texts.Distinct().Count());
    }

    [Fact]
    public void ActiveKeyThatChanged_ChangesNoTokenOfAnOlderLeaf()
    {
        RefreshToken token = Some;
        var afterRotation = new RefreshTokenCodec(_folder.RefreshKeys(active: "a"), IssuingKit.SomeOptions);

        Assert.Equal(_codec.Write(token), afterRotation.Write(token));
        Assert.Equal(token, afterRotation.Read(_codec.Write(token)));
    }

    [Fact]
    public void EveryChangeOfOneCharacter_IsRefused()
    {
        string text = _codec.Write(Some);
        for (int position = 0; position < text.Length; position++)
        {
            foreach (char other in $"{Alphabet}.=+/ \n\0é")
            {
                if (other != text[position] && _codec.Read($"{text[..position]}{other}{text[(position + 1)..]}") is not null)
                {
                    Assert.Fail($"'{other}' at {position} was accepted.");
                }
            }
        }
    }

    [Fact]
    public void EveryCharacterLeftOutOrAdded_IsRefused()
    {
        string text = _codec.Write(Some);
        for (int position = 0; position < text.Length; position++)
        {
            Assert.Null(_codec.Read(text.Remove(position, 1)));
            Assert.Null(_codec.Read(text.Insert(position, "A")));
            Assert.Null(_codec.Read(text.Insert(position, " ")));
            Assert.Null(_codec.Read(text[..position]));
        }

        Assert.Null(_codec.Read(text + "A"));
        Assert.Null(_codec.Read(text + "="));
        Assert.Null(_codec.Read(text + "\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("....")]
    [InlineData("null")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public void Junk_IsRefused(string text) => Assert.Null(_codec.Read(text));

    [Fact]
    public void LongInput_IsRefused() => Assert.Null(_codec.Read(new string('A', 1_000_000)));

    [Theory]
    [InlineData("""{"iss":"ISS","aud":"ISS/auth/v1/refresh","n":3,"sid":"SID","label":"L","iat":1,"exp":2}""")]
    [InlineData("""{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":3,"label":"L","iat":1,"exp":2,"x":1}""")]
    [InlineData("""{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":3, "label":"L","iat":1,"exp":2}""")]
    [InlineData("""{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":3.0,"label":"L","iat":1,"exp":2}""")]
    [InlineData("""{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":3,"label":"\u004c","iat":1,"exp":2}""")]
    [InlineData("""{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":3,"label":"L","iat":1,"exp":2e0}""")]
    [InlineData("""{"iss":"ISS","aud":"ISS","sid":"SID","n":3,"label":"L","iat":1,"exp":2}""")]
    [InlineData("""{"iss":"https://other.example","aud":"ISS/auth/v1/refresh","sid":"SID","n":3,"label":"L","iat":1,"exp":2}""")]
    [InlineData("""{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":3,"label":"L","iat":1}""")]
    [InlineData("""{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":"3","label":"L","iat":1,"exp":2}""")]
    [InlineData("""["ISS"]""")]
    public void OtherSpellingUnderAGoodMac_IsRefused(string payload)
    {
        string good = """{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":3,"label":"L","iat":1,"exp":2}""";

        Assert.NotNull(_codec.Read(MacOver(_keys.Active.EncodedHeader, good)));
        Assert.Null(_codec.Read(MacOver(_keys.Active.EncodedHeader, payload)));
    }

    [Theory]
    [InlineData("""{"typ":"rt+jwt","alg":"HS256","kid":"KID"}""")]
    [InlineData("""{"alg":"none","typ":"rt+jwt","kid":"KID"}""")]
    [InlineData("""{"alg":"HS256","typ":"at+jwt","kid":"KID"}""")]
    [InlineData("""{"alg":"HS256","typ":"rt+jwt","kid":"KID","crit":[]}""")]
    [InlineData("""{"alg":"HS256","typ":"rt+jwt","kid":"other"}""")]
    public void OtherHeaderUnderAGoodMac_IsRefused(string header) => Assert.Null(_codec.Read(MacOver(
        IssuingKit.Encode(Encoding.ASCII.GetBytes(header.Replace("KID", _keys.Active.KeyId, StringComparison.Ordinal))),
        """{"iss":"ISS","aud":"ISS/auth/v1/refresh","sid":"SID","n":3,"label":"L","iat":1,"exp":2}""")));

    [Fact]
    public void TokenOfAnotherIssuer_IsRefused()
    {
        var other = new RefreshTokenCodec(_keys, IssuingKit.SomeOptions with { Issuer = "https://other.example" });

        Assert.Null(_codec.Read(other.Write(Some)));
    }

    [Fact]
    public void AccessToken_IsNoRefreshToken()
    {
        using IssuingKit kit = IssuingKit.Create(TimeProvider.System);

        Assert.Null(new RefreshTokenCodec(kit.RefreshKeys, kit.Options).Read(kit.GoodToken()));
        Assert.NotNull(new RefreshTokenCodec(kit.RefreshKeys, kit.Options).Read(kit.RefreshToken()));
    }

    [Fact]
    public void RemovedKey_RefusesItsTokensAndWritesNone()
    {
        string text = _codec.Write(Some);
        File.Delete(Path.Combine(_folder.Path, "b.key"));
        var without = new RefreshTokenCodec(_folder.RefreshKeys(), IssuingKit.SomeOptions);

        Assert.Null(without.Read(text));
        Assert.Throws<RefreshKeyMissingException>(() => without.Write(Some));
    }

    [Theory]
    [InlineData(-1, "label")]
    [InlineData(1, "")]
    [InlineData(1, "a\"b")]
    [InlineData(1, "a b")]
    [InlineData(1, "ééé")]
    public void LeafThatCannotBeCarried_IsNotWritten(int number, string label) =>
        Assert.Throws<ArgumentException>(() => _codec.Write(Some with { Number = number, Label = label }));

    [Fact]
    public void Label_IsNotPrinted() => Assert.DoesNotContain(Some.Label, Some.ToString(), StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private static DateTimeOffset Milliseconds(long value) => DateTimeOffset.FromUnixTimeMilliseconds(value);

    private string MacOver(string encodedHeader, string payload)
    {
        string filled = payload.Replace("ISS", IssuingKit.SomeOptions.Issuer, StringComparison.Ordinal).Replace("SID", new SessionId(1, 2).ToString(), StringComparison.Ordinal);
        string signed = $"{encodedHeader}.{IssuingKit.Encode(Encoding.UTF8.GetBytes(filled))}";
        byte[] mac = new byte[32];
        _keys.Active.ComputeMac(Encoding.ASCII.GetBytes(signed), mac);
        return $"{signed}.{IssuingKit.Encode(mac)}";
    }
}
