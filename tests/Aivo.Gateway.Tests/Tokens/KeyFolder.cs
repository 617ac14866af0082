using System.Security.Cryptography;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

/// <summary>A directory with key files, gone at the end of the test.</summary>
internal sealed class KeyFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("aivo-keys-").FullName;

    public static string NewP256Pem() => Pem(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static string NewRsaPem(int bits) => Pem(RSA.Create(bits));

    public static string PublicPemOf(string privatePem)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(privatePem);
        return key.ExportSubjectPublicKeyInfoPem();
    }

    public KeyFolder Add(string file, string content)
    {
        File.WriteAllText(System.IO.Path.Combine(Path, file), content);
        return this;
    }

    public KeyFolder Add(string file, byte[] content)
    {
        File.WriteAllBytes(System.IO.Path.Combine(Path, file), content);
        return this;
    }

    public SigningKeyRing SigningKeys(SigningAlgorithm algorithm = SigningAlgorithm.ES256, string? active = null)
    {
        List<SettingError> errors = [];
        SigningKeyRing? ring = SigningKeyRing.Load(Path, algorithm, active, errors.Add);
        Assert.Empty(errors);
        Assert.NotNull(ring);
        return ring;
    }

    public RefreshKeyRing RefreshKeys(string? active = null)
    {
        List<SettingError> errors = [];
        RefreshKeyRing? ring = RefreshKeyRing.Load(Path, active, errors.Add);
        Assert.Empty(errors);
        Assert.NotNull(ring);
        return ring;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string Pem(AsymmetricAlgorithm key)
    {
        using (key)
        {
            return key.ExportPkcs8PrivateKeyPem();
        }
    }
}
