using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tokens;

/// <summary>A leaf was made under a MAC key that the ring does not hold (any longer): its refresh token cannot be written.</summary>
internal sealed class RefreshKeyMissingException(string keyId) : Exception($"The refresh key '{keyId}' is not in Tokens:RefreshKeys.");

/// <summary>
/// Refresh tokens: JWTs under HMAC-SHA256, written with a fixed member order, so that a leaf is the same string on every node, at any
/// time. They differ from access tokens in type, key and audience (RFC 8725, section 3.12).
/// </summary>
internal sealed class RefreshTokenCodec(RefreshKeyRing keys, TokensOptions options)
{
    /// <summary>In characters; far above any token of ours, checked before any work.</summary>
    public const int MaximumLength = 4 * 1024;

    private const int MaximumLabelLength = 64;

    private readonly string _issuer = JsonEncodedText.Encode(options.Issuer).ToString();

    /// <exception cref="RefreshKeyMissingException">The ring does not hold the token's key.</exception>
    /// <exception cref="ArgumentException">The label or the number cannot be carried.</exception>
    public string Write(RefreshToken token)
    {
        if (token.Number < 0 || token.Label.Length is 0 or > MaximumLabelLength || !StrictBase64Url.IsInAlphabet(token.Label))
        {
            throw new ArgumentException("A leaf has a number from 0 and a label of 1 to 64 base64url characters.", nameof(token));
        }

        return keys.TryGet(token.KeyId, out RefreshKey? key) ? Write(token, key) : throw new RefreshKeyMissingException(token.KeyId);
    }

    /// <summary>
    /// The token, or null unless its MAC holds and the text is byte for byte what <see cref="Write(RefreshToken)"/> gives: so issuer,
    /// audience, header and spelling are all checked by the one comparison. The expiry is judged on the session's record, not here.
    /// </summary>
    public RefreshToken? Read(string text)
    {
        Span<Range> parts = stackalloc Range[4];
        ReadOnlySpan<char> characters = text;
        if (text.Length > MaximumLength || characters.Split(parts, '.') != 3
            || KeyOf(characters[parts[0]]) is not { } key
            || !HasMac(characters[..parts[1].End.Value], characters[parts[2]], key)
            || StrictBase64Url.Decode(characters[parts[1]]) is not { } payload)
        {
            return null;
        }

        // From here on the content is one that this gateway, or another node of it, has written.
        return Parse(payload, key.KeyId) is { } token && string.Equals(Write(token, key), text, StringComparison.Ordinal) ? token : null;
    }

    private RefreshKey? KeyOf(ReadOnlySpan<char> encodedHeader) =>
        StrictBase64Url.Decode(encodedHeader) is { } header
        && StrictJson.ParseObject(header) is { } document
        && KidOf(document) is { } kid
        && keys.TryGet(kid, out RefreshKey? key)
        && encodedHeader.SequenceEqual(key.EncodedHeader)
            ? key
            : null;

    private static string? KidOf(JsonDocument header)
    {
        using (header)
        {
            return header.RootElement.TryGetProperty("kid", out JsonElement kid) ? StrictJson.TextOf(kid) : null;
        }
    }

    /// <summary>In constant time for a MAC of the right length: how far a guess was right must not show.</summary>
    private static bool HasMac(ReadOnlySpan<char> signed, ReadOnlySpan<char> encodedMac, RefreshKey key)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return StrictBase64Url.Decode(encodedMac) is { Length: HMACSHA256.HashSizeInBytes } presented
            && ComputeMac(signed, key, mac)
            && CryptographicOperations.FixedTimeEquals(mac, presented);
    }

    private static bool ComputeMac(ReadOnlySpan<char> signed, RefreshKey key, Span<byte> mac)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(signed.Length));
        int length = Encoding.UTF8.GetBytes(signed, bytes);
        key.ComputeMac(bytes.AsSpan(0, length), mac);
        ArrayPool<byte>.Shared.Return(bytes);
        return true;
    }

    private static RefreshToken? Parse(byte[] payload, string keyId)
    {
        using JsonDocument? document = StrictJson.ParseObject(payload);
        return document is not null
            && document.RootElement is var root
            && root.TryGetProperty("sid", out JsonElement sid) && SessionId.TryParse(StrictJson.TextOf(sid), out SessionId session)
            && root.TryGetProperty("n", out JsonElement n) && n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out int number)
            && root.TryGetProperty("label", out JsonElement text) && StrictJson.TextOf(text) is { } label
            && TimeIn(root, "iat") is { } issued && TimeIn(root, "exp") is { } expires
                ? new RefreshToken(session, number, label, issued, expires, keyId)
                : null;
    }

    private static DateTimeOffset? TimeIn(JsonElement payload, string name) =>
        payload.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out long seconds) && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private string Write(RefreshToken token, RefreshKey key)
    {
        string payload = string.Create(CultureInfo.InvariantCulture,
            $$"""{"iss":"{{_issuer}}","aud":"{{_issuer}}/auth/v1/refresh","sid":"{{token.Session}}","n":{{token.Number}},"label":"{{token.Label}}","iat":{{token.IssuedAt.ToUnixTimeSeconds()}},"exp":{{token.ExpiresAt.ToUnixTimeSeconds()}}}""");
        string signed = $"{key.EncodedHeader}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}";
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        ComputeMac(signed, key, mac);
        return $"{signed}.{Base64Url.EncodeToString(mac)}";
    }
}
