using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Aivo.Gateway.Tokens;

/// <summary>
/// One key of access tokens: its public part, and its private part where the file held it. Its id is the RFC 7638 thumbprint of the
/// public key, so the content decides: a file that is replaced is another key, and the same key has the same id on every node.
/// </summary>
internal sealed class SigningKey : IDisposable
{
    private readonly Lock _signing = new();
    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;

    private SigningKey(SigningAlgorithm algorithm, JsonWebKey verification, int signatureLength, ECDsa? ecdsa, RSA? rsa)
    {
        (Algorithm, Verification, SignatureLength, _ecdsa, _rsa) = (algorithm, verification, signatureLength, ecdsa, rsa);
        verification.Use = "sig";
        verification.Alg = algorithm.ToString();
        verification.Kid = Base64Url.EncodeToString(verification.ComputeJwkThumbprint());

        EncodedHeader = HeaderOf(AccessTokenIssuer.Type);
        EncodedInternalHeader = HeaderOf(InternalTokenIssuer.Type);
    }

    public string KeyId => Verification.Kid;

    public SigningAlgorithm Algorithm { get; }

    /// <summary>The public key alone; the library makes an instance of its own from it for each concurrent verification.</summary>
    public JsonWebKey Verification { get; }

    /// <summary>The one length a signature under this key has (RFC 7518, sections 3.3 to 3.5).</summary>
    public int SignatureLength { get; }

    /// <summary>The first part of every access token signed with this key.</summary>
    public string EncodedHeader { get; }

    /// <summary>The first part of every internal token signed with this key.</summary>
    public string EncodedInternalHeader { get; }

    public bool CanSign => _ecdsa is not null || _rsa is not null;

    /// <param name="key">Owned by the new object, whether or not it holds a private part.</param>
    public static SigningKey FromEcdsa(ECDsa key, bool canSign)
    {
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        var verification = new JsonWebKey
        {
            Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
            Crv = JsonWebKeyECTypes.P256,
            X = Base64Url.EncodeToString(parameters.Q.X),
            Y = Base64Url.EncodeToString(parameters.Q.Y),
        };
        return new SigningKey(SigningAlgorithm.ES256, verification, 64, KeepOrDispose(key, canSign), null);
    }

    /// <param name="key">Owned by the new object, whether or not it holds a private part.</param>
    public static SigningKey FromRsa(RSA key, SigningAlgorithm algorithm, bool canSign)
    {
        RSAParameters parameters = key.ExportParameters(includePrivateParameters: false);
        var verification = new JsonWebKey
        {
            Kty = JsonWebAlgorithmsKeyTypes.RSA,
            N = Base64Url.EncodeToString(parameters.Modulus),
            E = Base64Url.EncodeToString(parameters.Exponent),
        };
        return new SigningKey(algorithm, verification, parameters.Modulus!.Length, null, KeepOrDispose(key, canSign));
    }

    /// <summary>
    /// The signature over <paramref name="data"/>. One at a time: .NET does not promise that two threads may use one key. With ES256
    /// that takes some 30 µs, so a node signs far more tokens than it can check passwords; with RSA it is the bound of a node.
    /// </summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (_signing)
        {
            if (_ecdsa is not null)
            {
                return _ecdsa.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            }

            if (_rsa is null)
            {
                throw new InvalidOperationException($"The key {KeyId} has no private part.");
            }

            return _rsa.SignData(data.ToArray(), HashAlgorithmName.SHA256,
                Algorithm == SigningAlgorithm.PS256 ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }
    }

    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }

    /// <summary>The id alone; never key material.</summary>
    public override string ToString() => $"{Algorithm} {KeyId}";

    /// <summary>RFC 9068, section 2.1; exactly these three members, the same bytes for every token of one type under the key.</summary>
    private string HeaderOf(string type) =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"{{Algorithm}}","typ":"{{type}}","kid":"{{KeyId}}"}"""));

    private static T? KeepOrDispose<T>(T key, bool keep) where T : AsymmetricAlgorithm
    {
        if (keep)
        {
            return key;
        }

        key.Dispose();
        return null;
    }
}
