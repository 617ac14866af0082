using Aivo.Gateway.Http;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Aivo.Gateway.Tests.Http;

/// <summary>One form for all readings of a path; what has none is refused.</summary>
public sealed class CanonicalPathTests
{
    private static readonly string[] Pieces =
    [
        "/", "/", "//", "a", "B9", ".", "..", "%2e", "%2E%2e", "%2f", "%5c", "\\", ";", ";x=1", "%3b", "%25", "%252f", "%2541", "2f", "%32", "%00", "%0a", "%20",
        "%c3%a9", "%c0%af", "%ff", "%", "#", "~", ":", "%41", "%3f", "é",
    ];

    private static readonly Gen<string> Paths = Gen.Int[0, Pieces.Length - 1].Select(number => Pieces[number]).Array[1, 12].Select(pieces => "/" + string.Concat(pieces));

    [Theory]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a%2fb", "/a/b")]
    [InlineData("/a%5Cb", "/a/b")]
    [InlineData("/a\\b", "/a/b")]
    [InlineData("//a///b", "/a/b")]
    [InlineData("/a/./b/", "/a/b/")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/.%2e/b", "/b")]
    [InlineData("/a%2f..%2fb", "/b")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/..;/b", "/b")]
    [InlineData("/a;x=1/b;y", "/a/b")]
    [InlineData("/a/;x", "/a/")]
    [InlineData("/a%3bx/b", "/a/b")]
    [InlineData("/a%2ehtml", "/a.html")]
    [InlineData("/caf%c3%a9/%20", "/café/ ")]
    [InlineData("/100%25//", "/100%/")]
    [InlineData("//", "/")]
    public void Path_HasOneCanonicalForm(string path, string canonical)
    {
        Assert.True(CanonicalPath.TryMake(path, out string? made));
        Assert.Equal(canonical, made);
    }

    [Theory]
    [InlineData("/..")]
    [InlineData("/a/../..")]
    [InlineData("/%2e%2e/a")]
    [InlineData("/..;/a")]
    [InlineData("\\a")]
    [InlineData("a")]
    [InlineData("")]
    [InlineData("/a%00")]
    [InlineData("/a%0d%0ab")]
    [InlineData("/a%7f")]
    [InlineData("/a#b")]
    [InlineData("/a%23b")]
    [InlineData("/a%")]
    [InlineData("/a%2")]
    [InlineData("/a%zz")]
    [InlineData("/a%ff")]
    [InlineData("/a%c0%af")]
    [InlineData("/a%ed%a0%80")]
    [InlineData("/é")]
    [InlineData("/a%252fb")]
    [InlineData("/a%25%32%66b")]
    [InlineData("/%252e%252e/a")]
    [InlineData("/a%255cb")]
    [InlineData("/a%253bb")]
    [InlineData("/a%2525")]
    [InlineData("/a%2541")]
    [InlineData("/a%25%34%31")]
    [InlineData("/a%2500")]
    public void PathWithoutAReadingToAgreeOn_IsRefused(string path) => Assert.False(CanonicalPath.TryMake(path, out _));

    [Fact]
    public void CanonicalForm_HasOneReading_AndIsItsOwn() => Paths.Sample(
        path =>
        {
            if (CanonicalPath.TryMake(path, out string? canonical))
            {
                string forwarded = Forwarded(canonical);
                Assert.True(PathGate.Accepts(forwarded), $"{path} -> {forwarded}");
                Assert.True(CanonicalPath.TryMake(forwarded, out string? again));
                Assert.Equal(canonical, again);
            }
        },
        iter: 50_000);

    [Fact]
    public void PathThatTheGateAccepts_IsItsOwnCanonicalForm() => Paths.Sample(
        path =>
        {
            if (PathGate.Accepts(path))
            {
                Assert.True(CanonicalPath.TryMake(path, out string? canonical));
                Assert.Equal(Uri.UnescapeDataString(path), canonical);
            }
        },
        iter: 50_000);

    private static string Forwarded(string path) => RequestUtilities.MakeDestinationAddress("http://a/", path, QueryString.Empty).AbsoluteUri["http://a".Length..];
}
