using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

public sealed class KeyLoadingErrorTests : IDisposable
{
    private const string SigningKeys = "Tokens:SigningKeys";
    private const string RefreshKeys = "Tokens:RefreshKeys";
    private readonly KeyFolder _folder = new();

    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["no such directory"] = Signing(SigningKeys, "is not a directory", folder => Directory.Delete(folder.Path)) with { Restore = true },
        ["no key file"] = Signing(SigningKeys, "holds no *.pem file", folder => folder.Add("a.key", "x")),
        ["a file that is not PEM"] = Signing(SigningKeys, "'a.pem' holds no PEM block", folder => folder.Add("a.pem", "secret words")),
        ["an empty file"] = Signing(SigningKeys, "'a.pem' holds no PEM block", folder => folder.Add("a.pem", "")),
        ["a link to nothing"] = Signing(SigningKeys, "'a.pem' cannot be read", folder => File.CreateSymbolicLink(Path.Combine(folder.Path, "a.pem"), "/nowhere/a.pem")),
        ["a huge file"] = Signing(SigningKeys, "'a.pem' is too large", folder => folder.Add("a.pem", new byte[70_000])),
        ["an encrypted key"] = Signing(SigningKeys, "'a.pem' is encrypted", folder => folder.Add("a.pem", EncryptedPem())),
        ["a certificate"] = Signing(SigningKeys, "'a.pem' holds a PEM block that is not a key", folder => folder.Add("a.pem", PemEncoding.WriteString("CERTIFICATE", [1, 2, 3]))),
        ["two keys in one file"] = Signing(SigningKeys, "'a.pem' holds more than one", folder => folder.Add("a.pem", $"{KeyFolder.NewP256Pem()}\n{KeyFolder.NewP256Pem()}")),
        ["a damaged key"] = Signing(SigningKeys, "'a.pem' holds no elliptic-curve key", folder => folder.Add("a.pem", PemEncoding.WriteString("PRIVATE KEY", [0x30, 1, 2, 3]))),
        ["a private part that does not fit the public one"] = Signing(SigningKeys, "'a.pem' holds no elliptic-curve key", folder => folder.Add("a.pem", MismatchedPem())),
        ["an RSA key for ES256"] = Signing(SigningKeys, "'a.pem' holds no elliptic-curve key", folder => folder.Add("a.pem", KeyFolder.NewRsaPem(2048))),
        ["a P-384 key for ES256"] = Signing(SigningKeys, "'a.pem' holds an elliptic-curve key that is not on the curve P-256", folder => folder.Add("a.pem", P384Pem())),
        ["a P-256 key for PS256"] = Signing(SigningKeys, "'a.pem' holds no RSA key", folder => folder.Add("a.pem", KeyFolder.NewP256Pem())) with { Algorithm = SigningAlgorithm.PS256 },
        ["a short RSA key"] = Signing(SigningKeys, "'a.pem' holds an RSA key of less than 2048 bits", folder => folder.Add("a.pem", KeyFolder.NewRsaPem(1024))) with { Algorithm = SigningAlgorithm.RS256 },
        ["the same key twice"] = Signing(SigningKeys, "'b.pem' holds the same key as 'a.pem'", folder => AddTwins(folder)),
        ["one good and one bad file"] = Signing(SigningKeys, "'b.pem' holds no PEM block", folder => folder.Add("a.pem", KeyFolder.NewP256Pem()).Add("b.pem", "x")),
        ["public keys alone"] = Signing(SigningKeys, "holds public keys alone", folder => folder.Add("a.pem", KeyFolder.PublicPemOf(KeyFolder.NewP256Pem()))),
        ["several private keys and none named"] = Signing("Tokens:ActiveKey", "is not set, and Tokens:SigningKeys holds several keys: 'a', 'b'", folder => folder.Add("a.pem", KeyFolder.NewP256Pem()).Add("b.pem", KeyFolder.NewP256Pem())),
        ["an active key that is not there"] = Signing("Tokens:ActiveKey", "names no key in ", folder => folder.Add("a.pem", KeyFolder.NewP256Pem())) with { Active = "b" },
        ["an active key that is public"] = Signing("Tokens:ActiveKey", "names no key in ", folder => folder.Add("a.pem", KeyFolder.NewP256Pem()).Add("b.pem", KeyFolder.PublicPemOf(KeyFolder.NewP256Pem()))) with { Active = "b" },
        ["an active key by a path"] = Signing("Tokens:ActiveKey", "names no key in ", folder => folder.Add("a.pem", KeyFolder.NewP256Pem())) with { Active = "../a" },
        ["no such refresh directory"] = Refresh(RefreshKeys, "is not a directory", folder => Directory.Delete(folder.Path)) with { Restore = true },
        ["no refresh key file"] = Refresh(RefreshKeys, "holds no *.key file", folder => folder.Add("a.pem", "x")),
        ["a refresh key of 31 bytes"] = Refresh(RefreshKeys, "'a.key' is not exactly 32 bytes", folder => folder.Add("a.key", RandomNumberGenerator.GetBytes(31))),
        ["a refresh key with a line feed"] = Refresh(RefreshKeys, "'a.key' is not exactly 32 bytes", folder => folder.Add("a.key", RandomNumberGenerator.GetBytes(33))),
        ["a refresh key in hexadecimal"] = Refresh(RefreshKeys, "'a.key' is not exactly 32 bytes", folder => folder.Add("a.key", Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))),
        ["a refresh key of zeros"] = Refresh(RefreshKeys, "'a.key' holds nothing but zero bytes", folder => folder.Add("a.key", new byte[32])),
        ["the same refresh key twice"] = Refresh(RefreshKeys, "'b.key' holds the same key as 'a.key'", folder => folder.Add("a.key", Ones).Add("b.key", Ones)) with { Active = "a" },
        ["several refresh keys and none named"] = Refresh("Tokens:ActiveRefreshKey", "is not set", folder => folder.Add("a.key", Ones).Add("b.key", RandomNumberGenerator.GetBytes(32))),
        ["an active refresh key that is not there"] = Refresh("Tokens:ActiveRefreshKey", "names no key in ", folder => folder.Add("a.key", Ones)) with { Active = "a.key" },
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static byte[] Ones => [.. Enumerable.Repeat((byte)1, 32)];

    [Theory]
    [MemberData(nameof(Names))]
    public void UnusableKeys_AreReportedAndLoadNothing(string name)
    {
        Case expected = Cases[name];
        expected.Arrange(_folder);
        List<SettingError> errors = [];

        object? ring = expected.IsRefresh
            ? RefreshKeyRing.Load(_folder.Path, expected.Active, errors.Add)
            : SigningKeyRing.Load(_folder.Path, expected.Algorithm, expected.Active, errors.Add);
        if (expected.Restore)
        {
            Directory.CreateDirectory(_folder.Path);
        }

        Assert.Null(ring);
        SettingError error = Assert.Single(errors);
        Assert.Equal(expected.Key, error.Key);
        Assert.Contains(expected.Problem, error.Problem, StringComparison.Ordinal);
        Assert.NotEmpty(error.Fix);
        Assert.All(Contents(), content => Assert.DoesNotContain(content, error.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void EveryFault_IsReportedAtOnce()
    {
        List<SettingError> errors = [];
        _folder.Add("a.pem", "x").Add("b.pem", KeyFolder.NewRsaPem(2048)).Add("c.pem", KeyFolder.NewP256Pem()).Add("d.pem", KeyFolder.NewP256Pem());

        Assert.Null(SigningKeyRing.Load(_folder.Path, SigningAlgorithm.ES256, null, errors.Add));

        Assert.Equal([SigningKeys, SigningKeys, "Tokens:ActiveKey"], errors.Select(error => error.Key));
    }

    public void Dispose() => _folder.Dispose();

    private IEnumerable<string> Contents() => Directory.EnumerateFiles(_folder.Path)
        .Where(path => new FileInfo(path).LinkTarget is null)
        .SelectMany(File.ReadAllLines)
        .Where(line => line.Length > 4 && !line.StartsWith('-') && !line.Contains('\0', StringComparison.Ordinal));

    private static Case Signing(string key, string problem, Action<KeyFolder> arrange) => new(key, problem, arrange, IsRefresh: false);

    private static Case Refresh(string key, string problem, Action<KeyFolder> arrange) => new(key, problem, arrange, IsRefresh: true);

    private static void AddTwins(KeyFolder folder)
    {
        string pem = KeyFolder.NewP256Pem();
        folder.Add("a.pem", pem).Add("b.pem", KeyFolder.PublicPemOf(pem));
    }

    private static string EncryptedPem()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportEncryptedPkcs8PrivateKeyPem("password", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
    }

    private static string P384Pem()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        return key.ExportPkcs8PrivateKeyPem();
    }

    private static string MismatchedPem()
    {
        using ECDsa one = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECPoint point = other.ExportParameters(false).Q;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(BigInteger.One);
            writer.WriteOctetString(one.ExportParameters(true).D);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                writer.WriteObjectIdentifier("1.2.840.10045.3.1.7");
            }

            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            {
                writer.WriteBitString([4, .. point.X!, .. point.Y!]);
            }
        }

        return PemEncoding.WriteString("EC PRIVATE KEY", writer.Encode());
    }

    private sealed record Case(string Key, string Problem, Action<KeyFolder> Arrange, bool IsRefresh)
    {
        public SigningAlgorithm Algorithm { get; init; } = SigningAlgorithm.ES256;

        public string? Active { get; init; }

        /// <summary>Whether the directory is gone and must be there again for the end of the test.</summary>
        public bool Restore { get; init; }
    }
}
