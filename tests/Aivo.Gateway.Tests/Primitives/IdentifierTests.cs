using Aivo.Gateway.Primitives;
using CsCheck;

namespace Aivo.Gateway.Tests.Primitives;

public sealed class IdentifierTests
{
    private static readonly RevocationKind[] Kinds = [RevocationKind.Session, RevocationKind.Token, RevocationKind.Key];

    [Fact]
    public void SessionId_IsReadBackFromItsText() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.UShort).Sample((high, low, shard) =>
        {
            var id = new SessionId(new UInt128(high, low), shard);
            string text = id.ToString();
            return text.Length == SessionId.TextLength && SessionId.TryParse(text, out SessionId read) && read == id;
        });

    [Theory]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA+")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA/")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA ")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA\r\n")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA\0")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA\u00e9")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA\uff21")]
    public void TextThatIsNoId_IsRefused_AndNeverThrows(string text)
    {
        Assert.False(SessionId.TryParse(text, out _));
        Assert.False(TokenId.TryParse(text, out _));
    }

    [Fact]
    public void RevocationEntry_IsReadBackFromItsMember() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 2].Select(index => Kinds[index])).Sample((high, low, kind) =>
        {
            var entry = new RevocationEntry(kind, new UInt128(high, low), DateTimeOffset.UnixEpoch);
            return RevocationEntry.TryParse(entry.Member, entry.KeepUntil, out RevocationEntry read) && read == entry;
        });

    [Theory]
    [InlineData("")]
    [InlineData("x00000000000000000000000000000000")]
    [InlineData("s0000000000000000000000000000000")]
    [InlineData("s000000000000000000000000000000000")]
    [InlineData("s0000000000000000000000000000000g")]
    [InlineData("s 000000000000000000000000000000 ")]
    public void TextThatIsNoEntry_IsRefused(string text) => Assert.False(RevocationEntry.TryParse(text, default, out _));

    [Fact]
    public void DenialCodes_AreUnique() =>
        Assert.Equal(Denial.All.Count, Denial.All.Select(denial => denial.Code).Distinct(StringComparer.Ordinal).Count());
}
