using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

public sealed class SigningKeyRingTests : IDisposable
{
    private readonly KeyFolder _folder = new();

    [Fact]
    public void OneFile_IsTheActiveKey()
    {
        using SigningKeyRing ring = _folder.Add("2026.pem", KeyFolder.NewP256Pem()).Add("readme.txt", "not a key").SigningKeys();

        Assert.Same(ring.Active, Assert.Single(ring.All));
        Assert.True(ring.TryGet(ring.Active.KeyId, out SigningKey? found));
        Assert.Same(ring.Active, found);
        Assert.False(ring.TryGet(ring.Active.KeyId.ToLowerInvariant() + "x", out _));
    }

    [Fact]
    public void SeveralFiles_TheNamedOneSignsAndAllAreAccepted()
    {
        using SigningKeyRing ring = _folder.Add("a.pem", KeyFolder.NewP256Pem()).Add("b.pem", KeyFolder.NewP256Pem()).SigningKeys(active: "b");

        Assert.Equal(2, ring.All.Count);
        Assert.Same(ring.All[1], ring.Active);
    }

    [Fact]
    public void PublicKey_IsAcceptedForVerificationOnly()
    {
        using SigningKeyRing ring = _folder.Add("new.pem", KeyFolder.NewP256Pem()).Add("old.pem", KeyFolder.PublicPemOf(KeyFolder.NewP256Pem())).SigningKeys();

        Assert.Same(ring.All[0], ring.Active);
        Assert.False(ring.All[1].CanSign);
        Assert.Throws<InvalidOperationException>(() => ring.All[1].Sign("x"u8));
    }

    [Fact]
    public void KeyId_IsTheSameForThePublicAndThePrivateFile()
    {
        string pem = KeyFolder.NewP256Pem();
        using var other = new KeyFolder();
        using SigningKeyRing first = _folder.Add("a.pem", pem).SigningKeys();
        using SigningKeyRing second = other.Add("a.pem", KeyFolder.NewP256Pem()).Add("b.pem", KeyFolder.PublicPemOf(pem)).SigningKeys();

        Assert.Equal(first.Active.KeyId, second.All[1].KeyId);
    }

    [Fact]
    public void KeyId_IsTheThumbprintOfTheStandardsExample()
    {
        // RFC 7638, section 3.1
        using RSA key = RSA.Create(new RSAParameters
        {
            Modulus = Base64Url.DecodeFromChars("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"),
            Exponent = [1, 0, 1],
        });
        using SigningKey signing = SigningKey.FromRsa(key, SigningAlgorithm.RS256, canSign: false);

        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", signing.KeyId);
    }

    [Fact]
    public void ReplacedFile_IsAnotherKey()
    {
        using SigningKeyRing before = _folder.Add("a.pem", KeyFolder.NewP256Pem()).SigningKeys();
        using SigningKeyRing after = _folder.Add("a.pem", KeyFolder.NewP256Pem()).SigningKeys();

        Assert.NotEqual(before.Active.KeyId, after.Active.KeyId);
        Assert.False(after.TryGet(before.Active.KeyId, out _));
    }

    [Fact]
    public void OldStyleEcKey_WithItsCurveAsABlockOfItsOwn_IsRead()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string parameters = PemEncoding.WriteString("EC PARAMETERS", Convert.FromHexString("06082A8648CE3D030107"));

        using SigningKeyRing ring = _folder.Add("a.pem", $"{parameters}\n{key.ExportECPrivateKeyPem()}\n").SigningKeys();

        Assert.True(ring.Active.CanSign);
    }

    [Fact]
    public void OldStyleRsaKey_IsRead()
    {
        using RSA key = RSA.Create(2048);

        using SigningKeyRing ring = _folder.Add("a.pem", key.ExportRSAPrivateKeyPem()).SigningKeys(SigningAlgorithm.PS256);

        Assert.Equal(256, ring.Active.SignatureLength);
    }

    [Fact]
    public void MountedSecret_IsReadThroughItsLinks()
    {
        // Kubernetes mounts ..2026_x/a.pem, ..data -> ..2026_x and a.pem -> ..data/a.pem, readable for the group.
        string version = Path.Combine(_folder.Path, "..2026_x");
        Directory.CreateDirectory(version);
        File.WriteAllText(Path.Combine(version, "a.pem"), KeyFolder.NewP256Pem());
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "..data"), "..2026_x");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "a.pem"), "..data/a.pem");

        using SigningKeyRing ring = _folder.SigningKeys();

        Assert.Single(ring.All);
    }

    [Theory]
    [InlineData((int)SigningAlgorithm.ES256)]
    [InlineData((int)SigningAlgorithm.PS256)]
    public void DevelopmentKey_IsMadeOnceAndForTheUserAlone(int algorithm)
    {
        string path = Path.Combine(_folder.Path, "keys", "dev.pem");
        SigningKeyRing.CreateDevelopmentKey(Path.GetDirectoryName(path)!, (SigningAlgorithm)algorithm);
        string first = File.ReadAllText(path);

        SigningKeyRing.CreateDevelopmentKey(Path.GetDirectoryName(path)!, (SigningAlgorithm)algorithm);

        Assert.Equal(first, File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        using SigningKeyRing? ring = SigningKeyRing.Load(Path.GetDirectoryName(path)!, (SigningAlgorithm)algorithm, null, error => Assert.Fail(error.ToString()));
        Assert.True(ring!.Active.CanSign);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void DevelopmentKey_IsNotMadeBesideAnotherKey()
    {
        SigningKeyRing.CreateDevelopmentKey(_folder.Add("mine.pem", KeyFolder.NewP256Pem()).Path, SigningAlgorithm.ES256);

        Assert.Equal("mine.pem", Path.GetFileName(Assert.Single(Directory.GetFiles(_folder.Path))));
    }

    [Fact]
    public void Keys_DoNotPrintThemselves()
    {
        byte[] refresh = RandomNumberGenerator.GetBytes(32);
        using SigningKeyRing ring = _folder.Add("a.pem", KeyFolder.NewP256Pem()).Add("a.key", refresh).SigningKeys();
        RefreshKey key = _folder.RefreshKeys().Active;

        Assert.Equal($"ES256 {ring.Active.KeyId}", ring.Active.ToString());
        Assert.Equal($"HS256 {key.KeyId}", key.ToString());
        Assert.Equal("a", new KeyFile("a", refresh).ToString());
    }

    [Theory]
    [InlineData((int)SigningAlgorithm.ES256)]
    [InlineData((int)SigningAlgorithm.PS256)]
    [InlineData((int)SigningAlgorithm.RS256)]
    public void KeySet_HoldsPublicMembersAlone(int algorithm)
    {
        string[] expected = algorithm == (int)SigningAlgorithm.ES256 ? ["kty", "crv", "x", "y", "kid", "alg", "use"] : ["kty", "n", "e", "kid", "alg", "use"];
        SigningKeyRing.CreateDevelopmentKey(_folder.Path, (SigningAlgorithm)algorithm);
        using SigningKeyRing ring = _folder.SigningKeys((SigningAlgorithm)algorithm);

        using var document = System.Text.Json.JsonDocument.Parse(new JsonWebKeySet(ring).Document);

        System.Text.Json.JsonElement key = Assert.Single(document.RootElement.GetProperty("keys").EnumerateArray());
        Assert.Equal(expected, key.EnumerateObject().Select(member => member.Name));
        Assert.Equal(ring.Active.KeyId, key.GetProperty("kid").GetString());
        Assert.Equal(((SigningAlgorithm)algorithm).ToString(), key.GetProperty("alg").GetString());
        Assert.Equal("sig", key.GetProperty("use").GetString());
        Assert.Equal("keys", Assert.Single(document.RootElement.EnumerateObject()).Name);
    }

    [Fact]
    public void KeySet_VerifiesATokenWithNothingElse()
    {
        using SigningKeyRing ring = _folder.Add("a.pem", KeyFolder.NewP256Pem()).Add("b.pem", KeyFolder.NewP256Pem()).SigningKeys(active: "b");
        byte[] signature = ring.Active.Sign("text"u8);

        using var document = System.Text.Json.JsonDocument.Parse(new JsonWebKeySet(ring).Document);
        System.Text.Json.JsonElement key = document.RootElement.GetProperty("keys").EnumerateArray().Single(key => key.GetProperty("kid").GetString() == ring.Active.KeyId);
        using ECDsa published = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(key.GetProperty("x").GetString()), Y = Base64Url.DecodeFromChars(key.GetProperty("y").GetString()) },
        });

        Assert.True(published.VerifyData("text"u8.ToArray(), signature, HashAlgorithmName.SHA256));
        Assert.DoesNotContain("\"d\"", Encoding.UTF8.GetString(new JsonWebKeySet(ring).Document.Span), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
