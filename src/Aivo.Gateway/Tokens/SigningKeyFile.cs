using System.Security.Cryptography;
using System.Text;

namespace Aivo.Gateway.Tokens;

/// <summary>Reads and writes the PEM file of one signing key.</summary>
internal static class SigningKeyFile
{
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>RFC 7518, sections 3.3 and 3.5.</summary>
    private const int MinimumRsaBits = 2048;

    /// <summary>The key, or null with what is wrong with the file, as the rest of a sentence, and what to do.</summary>
    public static SigningKey? Parse(ReadOnlySpan<byte> content, SigningAlgorithm algorithm, out string problem, out string fix)
    {
        fix = algorithm == SigningAlgorithm.ES256
            ? "Make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
            : "Make one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072";
        char[] pem = Encoding.Latin1.GetChars(content.ToArray());
        try
        {
            if (LabelOf(pem, out problem) is not { } label)
            {
                return null;
            }

            bool isPrivate = label.EndsWith("PRIVATE KEY", StringComparison.Ordinal);
            return algorithm == SigningAlgorithm.ES256
                ? ParseEcdsa(pem, isPrivate, out problem)
                : ParseRsa(pem, isPrivate, algorithm, out problem);
        }
        finally
        {
            Array.Clear(pem);
        }
    }

    /// <summary>A new private key as PEM (PKCS #8).</summary>
    public static byte[] Create(SigningAlgorithm algorithm)
    {
        using AsymmetricAlgorithm key = algorithm == SigningAlgorithm.ES256 ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(3072);
        return Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>The label of the one key block in the file. OpenSSL writes the curve as a block of its own before an old-style EC key.</summary>
    private static string? LabelOf(ReadOnlySpan<char> pem, out string problem)
    {
        string? label = null;
        problem = "";
        while (PemEncoding.TryFind(pem, out PemFields block))
        {
            string found = pem[block.Label].ToString();
            pem = pem[block.Location.End..];
            if (found == "EC PARAMETERS")
            {
                continue;
            }

            if (label is not null)
            {
                problem = "holds more than one PEM block.";
                return null;
            }

            label = found;
        }

        problem = label switch
        {
            null => "holds no PEM block with a key.",
            "ENCRYPTED PRIVATE KEY" => "is encrypted with a password.",
            "PRIVATE KEY" or "EC PRIVATE KEY" or "RSA PRIVATE KEY" or "PUBLIC KEY" or "RSA PUBLIC KEY" => "",
            _ => "holds a PEM block that is not a key.",
        };
        return problem.Length == 0 ? label : null;
    }

    private static SigningKey? ParseEcdsa(char[] pem, bool isPrivate, out string problem)
    {
        ECDsa key = ECDsa.Create();
        problem = "holds no elliptic-curve key, or a damaged one.";
        if (Import(key, pem))
        {
            ECCurve curve = key.ExportParameters(includePrivateParameters: false).Curve;
            if (curve.IsNamed && curve.Oid.Value == P256)
            {
                return SigningKey.FromEcdsa(key, isPrivate);
            }

            problem = "holds an elliptic-curve key that is not on the curve P-256.";
        }

        key.Dispose();
        return null;
    }

    private static SigningKey? ParseRsa(char[] pem, bool isPrivate, SigningAlgorithm algorithm, out string problem)
    {
        RSA key = RSA.Create();
        problem = "holds no RSA key, or a damaged one.";
        if (Import(key, pem))
        {
            if (key.KeySize >= MinimumRsaBits)
            {
                return SigningKey.FromRsa(key, algorithm, isPrivate);
            }

            problem = $"holds an RSA key of less than {MinimumRsaBits} bits.";
        }

        key.Dispose();
        return null;
    }

    private static bool Import(AsymmetricAlgorithm key, char[] pem)
    {
        try
        {
            key.ImportFromPem(pem);
            return true;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
