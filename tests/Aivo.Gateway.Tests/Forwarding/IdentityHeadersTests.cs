using Aivo.Gateway.Forwarding;
using CsCheck;

namespace Aivo.Gateway.Tests.Forwarding;

public sealed class IdentityHeadersTests
{
    private static readonly Gen<string> WellFormed = Gen.String.Where(text => !text.Any(char.IsSurrogate));

    [Fact]
    public void EncodedValue_IsVisibleAscii_AndDecodesToTheClaim() => WellFormed.Sample(text =>
    {
        string encoded = IdentityHeaders.Encode(text);
        Assert.DoesNotContain(encoded, character => character is < '!' or > '~');
        Assert.Equal(text, Uri.UnescapeDataString(encoded));
    });

    [Theory]
    [InlineData("learner", "learner")]
    [InlineData("", "")]
    [InlineData("a,b;c=\"d\"", "a,b;c=\"d\"")]
    [InlineData("a b", "a%20b")]
    [InlineData("100%", "100%25")]
    [InlineData("a\r\nX: b", "a%0D%0AX:%20b")]
    [InlineData("\0", "%00")]
    [InlineData("é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80")]
    public void Value_IsEncodedAsDocumented(string value, string encoded) => Assert.Equal(encoded, IdentityHeaders.Encode(value));

    [Fact]
    public void LoneSurrogate_BecomesTheReplacementCharacter() => Assert.Equal("%EF%BF%BD", IdentityHeaders.Encode("\ud800"));
}
