using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Aivo.Gateway.Tokens;

/// <summary>A mapped user attribute cannot be carried: it is nested too deep, has duplicate members, or makes the token too long.</summary>
internal sealed class UnusableAttributesException() : Exception(
    "The attributes that Tokens:Claims maps do not fit into an access token: at most 8 KiB as a token, 7 levels, no duplicate members.");

/// <summary>
/// Makes access tokens (RFC 9068). Written here rather than by the library, since the header must have exactly three members and the
/// payload each claim once, in one order; the signature is the key's.
/// </summary>
internal sealed class AccessTokenIssuer(SigningKeyRing keys, TokensOptions options)
{
    /// <summary>RFC 9068, section 2.1, in the one spelling that is written and accepted.</summary>
    public const string Type = "at+jwt";

    /// <summary>The compact token, signed by the active key.</summary>
    /// <param name="attributes">The user's. <c>Tokens:Claims</c> picks from them; those that are missing or null are left out.</param>
    /// <exception cref="ArgumentException">The life is none, or longer than <c>Tokens:AccessTokenLifetime</c>.</exception>
    /// <exception cref="UnusableAttributesException">The token would not be accepted.</exception>
    public string Issue(AccessToken token, IReadOnlyDictionary<string, JsonElement> attributes)
    {
        long issued = token.IssuedAt.ToUnixTimeSeconds();
        long expires = token.ExpiresAt.ToUnixTimeSeconds();
        if (expires <= issued || expires - issued > (long)options.AccessTokenLifetime.TotalSeconds)
        {
            throw new ArgumentException("The token's life is none, or longer than the configured one.", nameof(token));
        }

        SigningKey key = keys.Active;
        byte[] payload = PayloadOf(token, issued, expires, attributes);
        string signed = $"{key.EncodedHeader}.{Base64Url.EncodeToString(payload)}";
        byte[] signature = key.Sign(Encoding.ASCII.GetBytes(signed));
        string compact = $"{signed}.{Base64Url.EncodeToString(signature)}";
        return compact.Length <= CompactToken.MaximumLength ? compact : throw new UnusableAttributesException();
    }

    private byte[] PayloadOf(AccessToken token, long issued, long expires, IReadOnlyDictionary<string, JsonElement> attributes)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("iss", options.Issuer);
        json.WriteString("sub", token.User.ToString());
        json.WriteString("aud", options.Audience);
        json.WriteNumber("exp", expires);
        json.WriteNumber("iat", issued);
        json.WriteString("jti", token.Id.ToString());
        json.WriteString("sid", token.Session.ToString());
        json.WriteString("client_id", token.ClientId);
        json.WriteString("tenant_id", token.Tenant.ToString());
        json.WriteString("role", token.Role);
        json.WriteNumber("auth_time", token.AuthenticatedAt.ToUnixTimeSeconds());
        bool mapped = false;
        foreach ((string claim, string attribute) in options.Claims)
        {
            if (attributes.TryGetValue(attribute, out JsonElement value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            {
                json.WritePropertyName(claim);
                value.WriteTo(json);
                mapped = true;
            }
        }

        json.WriteEndObject();
        json.Flush();
        byte[] payload = buffer.WrittenSpan.ToArray();
        if (mapped)
        {
            // A token that this gateway itself would refuse is not handed out: so the fault shows where its cause is.
            using JsonDocument? acceptable = StrictJson.ParseObject(payload);
            if (acceptable is null)
            {
                throw new UnusableAttributesException();
            }
        }

        return payload;
    }
}
