using System.Buffers;
using System.Text.Json;

namespace Aivo.Gateway.Tokens;

/// <summary>The public keys of access tokens as JSON (RFC 7517, section 5): public members alone, each key with kid, alg and use.</summary>
internal sealed class JsonWebKeySet(SigningKeyRing keys)
{
    /// <summary>UTF-8; of the media type <c>application/jwk-set+json</c>. Fixed for the life of the ring.</summary>
    public ReadOnlyMemory<byte> Document { get; } = Write(keys);

    private static ReadOnlyMemory<byte> Write(SigningKeyRing keys)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("keys");
        foreach (SigningKey key in keys.All)
        {
            // Member by member: whatever else the key object may hold is not published (RFC 8725, section 3.1).
            json.WriteStartObject();
            json.WriteString("kty", key.Verification.Kty);
            if (key.Algorithm == SigningAlgorithm.ES256)
            {
                json.WriteString("crv", key.Verification.Crv);
                json.WriteString("x", key.Verification.X);
                json.WriteString("y", key.Verification.Y);
            }
            else
            {
                json.WriteString("n", key.Verification.N);
                json.WriteString("e", key.Verification.E);
            }

            json.WriteString("kid", key.KeyId);
            json.WriteString("alg", key.Algorithm.ToString());
            json.WriteString("use", "sig");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
