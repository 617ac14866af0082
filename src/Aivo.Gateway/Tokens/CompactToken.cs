using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Aivo.Gateway.Tokens;

/// <summary>
/// The parts of a signed token in compact form (RFC 7515, section 3.1), read strictly before any cryptography. Encrypted tokens (five
/// parts) and the JSON forms do not fit and are refused here (RFC 8725, section 2.7 and its successor).
/// </summary>
internal sealed class CompactToken : IDisposable
{
    /// <summary>In characters, which are bytes in every token that is read further.</summary>
    public const int MaximumLength = 8 * 1024;

    private readonly JsonDocument _header;
    private readonly JsonDocument _payload;

    private CompactToken(JsonDocument header, JsonDocument payload, int signatureLength) =>
        (_header, _payload, SignatureLength) = (header, payload, signatureLength);

    public JsonElement Header => _header.RootElement;

    public JsonElement Payload => _payload.RootElement;

    /// <summary>In bytes.</summary>
    public int SignatureLength { get; }

    /// <summary>Either a token or the reason, one of <see cref="TokenRefusals"/>.</summary>
    public static bool TryParse(string compact, [NotNullWhen(true)] out CompactToken? token, [NotNullWhen(false)] out string? reason)
    {
        token = null;
        if (compact.Length > MaximumLength)
        {
            reason = TokenRefusals.TooLong;
            return false;
        }

        reason = TokenRefusals.Malformed;
        ReadOnlySpan<char> text = compact;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '.') != 3
            || StrictBase64Url.Decode(text[parts[0]]) is not { } header
            || StrictBase64Url.Decode(text[parts[1]]) is not { } payload
            || StrictBase64Url.Decode(text[parts[2]]) is not { } signature
            || StrictJson.ParseObject(header) is not { } headerObject)
        {
            return false;
        }

        if (StrictJson.ParseObject(payload) is not { } payloadObject)
        {
            headerObject.Dispose();
            return false;
        }

        token = new CompactToken(headerObject, payloadObject, signature.Length);
        reason = null;
        return true;
    }

    public void Dispose()
    {
        _header.Dispose();
        _payload.Dispose();
    }
}
