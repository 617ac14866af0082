using System.Text;
using Aivo.Gateway.Http;
using CsCheck;

namespace Aivo.Gateway.Tests.Http;

public sealed class PathGateTests
{
    private static readonly string[] Pieces =
        ["/", "/", "a", "B9", ".", "..", "%", "%2", "%2f", "%2E", "%5c", "%25", "%252f", "%00", "%0a", "%20", "%c3%a9", "%c0%af", "%ff", "%3b", ";", "\\", "#", "~", ":", "%41", "é", "2f", "%32", "%66", "5", "%35"];

    /// <summary>The rule once more, slowly: what is accepted reads the same decoded once and twice, and has no odd segment.</summary>
    [Fact]
    public void AcceptedPath_ReadsTheSame_HoweverOftenItIsDecoded() =>
        Gen.Int[0, Pieces.Length - 1].Select(number => Pieces[number]).Array[1, 10].Select(pieces => "/" + string.Concat(pieces)).Sample(path =>
        {
            string once = Decode(path);
            string twice = Decode(once);
            int slashes = path.Count(character => character == '/');
            bool oneReading = path.All(char.IsAscii)
                && IsWellEncoded(path)
                && !once.Contains('\uFFFD', StringComparison.Ordinal)
                && new[] { path, once, twice }.All(text => text.Count(character => character == '/') == slashes
                    && !text.Any(character => character is '\\' or ';' or '#' || char.IsControl(character)))
                && path.Count(character => character == '.') == twice.Count(character => character == '.')
                && path.Split('/').Skip(1).SkipLast(1).All(segment => segment is not ("" or "." or ".."))
                && path.Split('/')[^1] is not ("." or "..")
                && once == twice;

            Assert.True(oneReading == PathGate.Accepts(path), $"{path}: expected {oneReading}");
        }, iter: 20_000);

    [Theory]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("/a/")]
    [InlineData("/.well-known/jwks.json")]
    [InlineData("/a/..b/c..")]
    public void PlainPath_IsAccepted(string path) => Assert.True(PathGate.Accepts(path));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("*")]
    public void PathWithoutSlash_IsNot(string path) => Assert.False(PathGate.Accepts(path));

    [Fact]
    public void LongEncodedPath_IsAccepted() => Assert.True(PathGate.Accepts("/" + string.Concat(Enumerable.Repeat("%20", 2000))));

    [Fact]
    public void PlainPath_CostsNoAllocation()
    {
        const string Path = "/learners/3f0e6c0a/courses/17/progress.json";
        PathGate.Accepts(Path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool accepted = PathGate.Accepts(Path);
        long after = GC.GetAllocatedBytesForCurrentThread();

        Assert.True(accepted);
        Assert.Equal(before, after);
    }

    private static bool IsWellEncoded(string path)
    {
        for (int at = path.IndexOf('%', StringComparison.Ordinal); at >= 0; at = path.IndexOf('%', at + 1))
        {
            if (path.Length < at + 3 || !char.IsAsciiHexDigit(path[at + 1]) || !char.IsAsciiHexDigit(path[at + 2]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Decodes what is well encoded and leaves the rest, as a destination would.</summary>
    private static string Decode(string text)
    {
        List<byte> bytes = [];
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '%' && at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]))
            {
                bytes.Add(Convert.ToByte(text.Substring(at + 1, 2), 16));
                at += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text, at, 1));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
