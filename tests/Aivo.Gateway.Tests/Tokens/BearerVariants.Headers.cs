using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

internal static partial class BearerVariants
{
    private static IEnumerable<BearerVariant> Headers() =>
    [
        Bad("alg none", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "none")),
        Bad("alg None", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "None")),
        Bad("alg NONE", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "NONE")),
        Bad("alg nOnE", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "nOnE")),
        Bad("alg none and no signature", TokenRefusals.Malformed, (good, kit) => WithoutSignature(kit.Change(good, header => header["alg"] = "none"))),
        Bad("alg empty", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "")),
        Bad("alg missing", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header.Remove("alg"))),
        Bad("alg null", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = null)),
        Bad("alg a number", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = 256)),
        Bad("alg a list", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = new JsonArray("ES256"))),
        Bad("alg in lower case", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "es256")),
        Bad("alg with a space", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "ES256 ")),
        Bad("alg ES384", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "ES384")),
        Bad("alg RS256", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "RS256")),
        Bad("alg EdDSA", TokenRefusals.Algorithm, (good, kit) => kit.Change(good, header => header["alg"] = "EdDSA")),
        Bad("HS256 with the public key as PEM", TokenRefusals.Algorithm, (good, kit) => IssuingKit.Mac(good, Encoding.ASCII.GetBytes(PublicKeyOf(kit).ExportSubjectPublicKeyInfoPem()))),
        Bad("HS256 with the public key as DER", TokenRefusals.Algorithm, (good, kit) => IssuingKit.Mac(good, PublicKeyOf(kit).ExportSubjectPublicKeyInfo())),
        Bad("HS256 with the published x", TokenRefusals.Algorithm, (good, kit) => IssuingKit.Mac(good, Encoding.ASCII.GetBytes(kit.Keys.Active.Verification.X))),
        Bad("HS256 with the key's id", TokenRefusals.Algorithm, (good, kit) => IssuingKit.Mac(good, Encoding.ASCII.GetBytes(kit.Keys.Active.KeyId))),
        Bad("HS256 with an empty secret", TokenRefusals.Algorithm, (good, _) => IssuingKit.Mac(good, [])),
        Bad("crit that names exp", TokenRefusals.Critical, (good, kit) => kit.Change(good, header => header["crit"] = new JsonArray("exp"))),
        Bad("crit that names b64", TokenRefusals.Critical, (good, kit) => kit.Change(good, header => (header["crit"], header["b64"]) = (new JsonArray("b64"), false))),
        Bad("crit that is empty", TokenRefusals.Critical, (good, kit) => kit.Change(good, header => header["crit"] = new JsonArray())),
        Bad("crit that is null", TokenRefusals.Critical, (good, kit) => kit.Change(good, header => header["crit"] = null)),
        Bad("typ missing", TokenRefusals.Type, (good, kit) => kit.Change(good, header => header.Remove("typ"))),
        Bad("typ JWT", TokenRefusals.Type, (good, kit) => kit.Change(good, header => header["typ"] = "JWT")),
        Bad("typ of a refresh token", TokenRefusals.Type, (good, kit) => kit.Change(good, header => header["typ"] = "rt+jwt")),
        Bad("typ of a proof", TokenRefusals.Type, (good, kit) => kit.Change(good, header => header["typ"] = "dpop+jwt")),
        Bad("typ in upper case", TokenRefusals.Type, (good, kit) => kit.Change(good, header => header["typ"] = "AT+JWT")),
        Bad("typ as a media type", TokenRefusals.Type, (good, kit) => kit.Change(good, header => header["typ"] = "application/at+jwt")),
        Bad("typ a number", TokenRefusals.Type, (good, kit) => kit.Change(good, header => header["typ"] = 1)),
        Bad("kid missing", TokenRefusals.Kid, (good, kit) => kit.Change(good, header => header.Remove("kid"))),
        Bad("kid unknown", TokenRefusals.Kid, (good, kit) => kit.Change(good, header => header["kid"] = kit.Foreign.KeyId)),
        Bad("kid empty", TokenRefusals.Kid, (good, kit) => kit.Change(good, header => header["kid"] = "")),
        Bad("kid a number", TokenRefusals.Kid, (good, kit) => kit.Change(good, header => header["kid"] = 1)),
        Bad("kid in another case", TokenRefusals.Kid, (good, kit) => kit.Change(good, header => header["kid"] = kit.Keys.Active.KeyId.ToUpperInvariant())),
        Bad("kid with a space", TokenRefusals.Kid, (good, kit) => kit.Change(good, header => header["kid"] = $"{kit.Keys.Active.KeyId} ")),
        Bad("kid a path", TokenRefusals.Kid, (good, kit) => kit.Change(good, header => header["kid"] = "../../dev/null")),
        Bad("thumbprint instead of kid", TokenRefusals.Kid, (good, kit) => kit.Change(good, header =>
        {
            header.Remove("kid");
            header["x5t"] = kit.Keys.Active.KeyId;
        })),
    ];

    private static IEnumerable<BearerVariant> Signatures() =>
    [
        Bad("foreign key under its own kid", TokenRefusals.Kid, (good, kit) => kit.Change(good, header => header["kid"] = kit.Foreign.KeyId, key: kit.Foreign)),
        Bad("foreign key under our kid", TokenRefusals.Signature, (good, kit) => kit.Change(good, key: kit.Foreign)),
        Bad("foreign key in the header", TokenRefusals.Signature, (good, kit) => kit.Change(good, header => header["jwk"] = JsonWebKeyOf(kit.Foreign), key: kit.Foreign)),
        Bad("foreign key in the header under its kid", TokenRefusals.Kid, (good, kit) =>
            kit.Change(good, header => (header["jwk"], header["kid"]) = (JsonWebKeyOf(kit.Foreign), kit.Foreign.KeyId), key: kit.Foreign)),
        Bad("foreign key by address", TokenRefusals.Kid, (good, kit) =>
            kit.Change(good, header => (header["jku"], header["kid"]) = ("http://127.0.0.1:9/jwks", kit.Foreign.KeyId), key: kit.Foreign)),
        Bad("foreign certificate by address", TokenRefusals.Signature, (good, kit) => kit.Change(good, header => header["x5u"] = "http://127.0.0.1:9/x5", key: kit.Foreign)),
        Bad("foreign certificate in the header", TokenRefusals.Signature, (good, kit) => kit.Change(good, header => header["x5c"] = new JsonArray("MIIB"), key: kit.Foreign)),
        Bad("payload changed", TokenRefusals.Signature, (good, kit) => Swap(good, 1, kit.Change(good, payload: claims => claims["role"] = "super_admin"))),
        Bad("header changed", TokenRefusals.Signature, (good, kit) => Swap(good, 0, kit.Change(good, header => header["x"] = "y"))),
        Bad("signature of another token", TokenRefusals.Signature, (good, kit) => Swap(good, 2, kit.GoodToken())),
        Bad("one bit of r", TokenRefusals.Signature, (good, _) => WithBitFlipped(good, 0)),
        Bad("one bit of s", TokenRefusals.Signature, (good, _) => WithBitFlipped(good, 63)),
        Bad("r and s are zero", TokenRefusals.Signature, (good, _) => IssuingKit.WithSignature(good, new byte[64])),
        Bad("r and s are the group's order", TokenRefusals.Signature, (good, _) => IssuingKit.WithSignature(good, [.. Order, .. Order])),
        Bad("r and s swapped", TokenRefusals.Signature, (good, _) => IssuingKit.WithSignature(good, [.. IssuingKit.Part(good, 2)[32..], .. IssuingKit.Part(good, 2)[..32]])),
        Bad("s plus the group's order", TokenRefusals.Signature, (good, _) => IssuingKit.WithSignature(good, WithLongS(IssuingKit.Part(good, 2)))),
        Bad("signature in DER", TokenRefusals.Signature, (good, _) => IssuingKit.WithSignature(good, InDer(IssuingKit.Part(good, 2)))),
        Bad("signature of 63 bytes", TokenRefusals.Signature, (good, _) => IssuingKit.WithSignature(good, IssuingKit.Part(good, 2)[..63])),
        Bad("signature of 65 bytes", TokenRefusals.Signature, (good, _) => IssuingKit.WithSignature(good, [.. IssuingKit.Part(good, 2), 0])),
        Bad("signature of one byte", TokenRefusals.Signature, (good, _) => IssuingKit.WithSignature(good, [0])),
        Bad("signed as text in another case", TokenRefusals.Signature, (good, kit) => Swap(good, 2, kit.SignEncoded(good.Split('.')[0].ToUpperInvariant(), good.Split('.')[1]))),
    ];

    /// <summary>The order of P-256's group.</summary>
    internal static readonly byte[] Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    private static string WithoutSignature(string token) => token[..(token.LastIndexOf('.') + 1)];

    private static string Swap(string token, int part, string other)
    {
        string[] parts = token.Split('.');
        parts[part] = other.Split('.')[part];
        return string.Join('.', parts);
    }

    private static string WithBitFlipped(string token, int position)
    {
        byte[] signature = IssuingKit.Part(token, 2);
        signature[position] ^= 1;
        return IssuingKit.WithSignature(token, signature);
    }

    private static byte[] WithLongS(byte[] signature)
    {
        BigInteger s = new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true) + new BigInteger(Order, isUnsigned: true, isBigEndian: true);
        return [.. signature[..32], .. s.ToByteArray(isUnsigned: true, isBigEndian: true)];
    }

    private static byte[] InDer(byte[] signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(signature.AsSpan(0, 32), isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }

    private static JsonObject JsonWebKeyOf(SigningKey key) => new()
    {
        ["kty"] = "EC",
        ["crv"] = "P-256",
        ["x"] = key.Verification.X,
        ["y"] = key.Verification.Y,
    };

    private static ECDsa PublicKeyOf(IssuingKit kit) => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint
        {
            X = System.Buffers.Text.Base64Url.DecodeFromChars(kit.Keys.Active.Verification.X),
            Y = System.Buffers.Text.Base64Url.DecodeFromChars(kit.Keys.Active.Verification.Y),
        },
    });
}
