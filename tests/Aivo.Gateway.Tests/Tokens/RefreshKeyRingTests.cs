using System.Buffers.Text;
using System.Security.Cryptography;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

public sealed class RefreshKeyRingTests : IDisposable
{
    private readonly KeyFolder _folder = new();

    [Fact]
    public void KeyId_IsDerivedFromTheContent()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32);
        byte[] hash = SHA256.HashData([.. "aivo refresh key id"u8, .. key]);

        Assert.Equal(Base64Url.EncodeToString(hash.AsSpan(0, 12)), _folder.Add("a.key", key).RefreshKeys().Active.KeyId);
    }

    [Fact]
    public void SeveralFiles_TheNamedOneIsActiveAndAllAreKnown()
    {
        RefreshKeyRing first = _folder.Add("a.key", RandomNumberGenerator.GetBytes(32)).RefreshKeys();
        RefreshKeyRing both = _folder.Add("b.key", RandomNumberGenerator.GetBytes(32)).RefreshKeys(active: "b");

        Assert.NotEqual(first.Active.KeyId, both.Active.KeyId);
        Assert.True(both.TryGet(first.Active.KeyId, out RefreshKey? old));
        Assert.Equal(first.Active.KeyId, old.KeyId);
        Assert.False(first.TryGet(both.Active.KeyId, out _));
    }

    [Fact]
    public void DevelopmentKey_IsMadeOnceAndForTheUserAlone()
    {
        string path = Path.Combine(_folder.Path, "dev.key");
        RefreshKeyRing.CreateDevelopmentKey(_folder.Path);
        byte[] first = File.ReadAllBytes(path);

        RefreshKeyRing.CreateDevelopmentKey(_folder.Path);

        Assert.Equal(first, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
        Assert.Equal(new RefreshKey(first).KeyId, _folder.RefreshKeys().Active.KeyId);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void DevelopmentKeys_DifferFromEachOther()
    {
        using var other = new KeyFolder();
        RefreshKeyRing.CreateDevelopmentKey(_folder.Path);
        RefreshKeyRing.CreateDevelopmentKey(other.Path);

        Assert.NotEqual(_folder.RefreshKeys().Active.KeyId, other.RefreshKeys().Active.KeyId);
    }

    public void Dispose() => _folder.Dispose();
}
