using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

/// <summary>
/// Everything needed to make good tokens and bad ones: the gateway's own keys (ES256), and a foreign one. A test over a socket makes
/// one from the directories and options that the gateway under test was started with.
/// </summary>
internal sealed class IssuingKit : IDisposable
{
    private readonly KeyFolder? _folder;

    public IssuingKit(SigningKeyRing keys, RefreshKeyRing refreshKeys, TokensOptions options, TimeProvider time)
    {
        (Keys, RefreshKeys, Options, Time) = (keys, refreshKeys, options, time);
        Foreign = SigningKey.FromEcdsa(ECDsa.Create(ECCurve.NamedCurves.nistP256), canSign: true);
    }

    private IssuingKit(KeyFolder folder, TokensOptions options, TimeProvider time)
        : this(folder.SigningKeys(options.Algorithm), folder.RefreshKeys(), options, time) => _folder = folder;

    public static TokensOptions SomeOptions { get; } = new()
    {
        Issuer = "https://gateway.example",
        Audience = "https://api.example",
        ClientId = "aivo-sdk",
        AccessTokenLifetime = TimeSpan.FromMinutes(5),
        ExpiryJitter = 5,
        Algorithm = SigningAlgorithm.ES256,
        SigningKeys = null,
        RefreshKeys = null,
        ActiveKey = null,
        ActiveRefreshKey = null,
        Claims = new Dictionary<string, string>(),
        CacheSize = 100,
    };

    public SigningKeyRing Keys { get; }

    public RefreshKeyRing RefreshKeys { get; }

    public TokensOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>A key that the gateway does not know.</summary>
    public SigningKey Foreign { get; }

    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>A kit with fresh keys of its own.</summary>
    public static IssuingKit Create(TimeProvider time, TokensOptions? options = null)
    {
        TokensOptions chosen = options ?? SomeOptions;
        var folder = new KeyFolder();
        folder.Add("test.pem", chosen.Algorithm == SigningAlgorithm.ES256 ? KeyFolder.NewP256Pem() : KeyFolder.NewRsaPem(2048));
        folder.Add("test.key", RandomNumberGenerator.GetBytes(RefreshKey.Length));
        return new IssuingKit(folder, chosen, time);
    }

    public AccessToken SomeToken()
    {
        DateTimeOffset issued = Time.GetUtcNow();
        return new AccessToken(
            new UserId(Guid.CreateVersion7(issued)),
            new TenantId(Guid.CreateVersion7(issued)),
            SessionId.Create(3),
            TokenIds.ForLeaf(SessionId.Create(0).ToString(), issued),
            "learner",
            Options.ClientId,
            issued,
            issued + Options.AccessTokenLifetime,
            issued,
            Keys.Active.KeyId,
            FrozenDictionary<string, string>.Empty);
    }

    public string GoodToken() => new AccessTokenIssuer(Keys, Options).Issue(SomeToken(), FrozenDictionary<string, JsonElement>.Empty);

    public string RefreshToken() => new RefreshTokenCodec(RefreshKeys, Options).Write(new RefreshToken(
        SessionId.Create(3), 1, SessionId.Create(0).ToString(), Time.GetUtcNow(), Time.GetUtcNow().AddDays(30), RefreshKeys.Active.KeyId));

    /// <summary>The token with its header and payload changed, properly signed again.</summary>
    public string Change(string token, Action<JsonObject>? header = null, Action<JsonObject>? payload = null, SigningKey? key = null)
    {
        JsonObject changedHeader = ObjectIn(token, 0);
        JsonObject changedPayload = ObjectIn(token, 1);
        header?.Invoke(changedHeader);
        payload?.Invoke(changedPayload);
        return Sign(changedHeader.ToJsonString(), changedPayload.ToJsonString(), key);
    }

    /// <summary>The token with the text of its header and payload changed, properly signed again.</summary>
    public string ChangeText(string token, Func<string, string>? header = null, Func<string, string>? payload = null)
    {
        string headerText = Encoding.UTF8.GetString(Part(token, 0));
        string payloadText = Encoding.UTF8.GetString(Part(token, 1));
        return Sign(header?.Invoke(headerText) ?? headerText, payload?.Invoke(payloadText) ?? payloadText);
    }

    public string Sign(string header, string payload, SigningKey? key = null) =>
        Sign(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload), key);

    public string Sign(byte[] header, byte[] payload, SigningKey? key = null) => SignEncoded(Encode(header), Encode(payload), key);

    /// <summary>Signs two parts that need not be base64url at all.</summary>
    public string SignEncoded(string header, string payload, SigningKey? key = null)
    {
        string signed = $"{header}.{payload}";
        return $"{signed}.{Encode((key ?? Keys.Active).Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>The token's payload under a MAC, as if the gateway took a public value for a secret.</summary>
    public static string Mac(string token, byte[] secret)
    {
        JsonObject header = ObjectIn(token, 0);
        header["alg"] = "HS256";
        string signed = $"{Encode(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{token.Split('.')[1]}";
        return $"{signed}.{Encode(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string WithSignature(string token, byte[] signature) => $"{token[..token.LastIndexOf('.')]}.{Encode(signature)}";

    public static byte[] Part(string token, int index) => Base64Url.DecodeFromChars(token.Split('.')[index]);

    public static JsonObject ObjectIn(string token, int index) => JsonNode.Parse(Part(token, index))!.AsObject();

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    public void Dispose()
    {
        Foreign.Dispose();
        if (_folder is not null)
        {
            Keys.Dispose();
            _folder.Dispose();
        }
    }
}
