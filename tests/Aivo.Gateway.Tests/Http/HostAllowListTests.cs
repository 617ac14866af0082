using Aivo.Gateway.Http;

namespace Aivo.Gateway.Tests.Http;

public sealed class HostAllowListTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ; ")]
    [InlineData("a.example.com:443")]
    [InlineData("https://a.example.com")]
    [InlineData("a.example.com/")]
    [InlineData("*.")]
    [InlineData("*a.example.com")]
    [InlineData("a.*.com")]
    [InlineData("::1")]
    [InlineData("[::1")]
    [InlineData("[nonsense]")]
    [InlineData("ex ample.com")]
    [InlineData("bücher.example")]
    [InlineData(".example.com")]
    public void TextThatIsNoList_IsRefused(string text)
    {
        Assert.NotNull(HostAllowList.Problem(text));
        Assert.Throws<FormatException>(() => HostAllowList.Parse(text));
    }

    [Theory]
    [InlineData("a.example.com")]
    [InlineData("localhost;127.0.0.1;[::1]")]
    [InlineData(" a ; *.b.c ;")]
    [InlineData("*")]
    public void List_IsRead(string text) => Assert.Null(HostAllowList.Problem(text));

    [Theory]
    [InlineData("")]
    [InlineData("anything.example:1")]
    public void Star_AllowsEverything(string host) => Assert.True(HostAllowList.Parse("a;*").Allows(host));

    [Theory]
    [InlineData(".b.c")]
    [InlineData("b.c")]
    [InlineData("ab.c")]
    [InlineData("")]
    public void Suffix_AllowsOnlyNamesBelowIt(string host) => Assert.False(HostAllowList.Parse("*.b.c").Allows(host));
}
