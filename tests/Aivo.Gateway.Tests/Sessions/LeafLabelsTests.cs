using System.Buffers.Text;
using Aivo.Gateway.Sessions;
using CsCheck;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class LeafLabelsTests
{
    [Fact]
    public void Roots_Have128Bits_AndNeverRepeat()
    {
        HashSet<string> roots = [.. Enumerable.Range(0, 10_000).Select(_ => LeafLabels.CreateRoot())];

        Assert.Equal(10_000, roots.Count);
        Assert.All(roots, root => Assert.Equal(16, Base64Url.DecodeFromChars(root).Length));
    }

    /// <summary>The value is fixed: with another one, every session that is alive during an upgrade would be lost.</summary>
    [Fact]
    public void Child_IsThisValue_InEveryRelease() =>
        Assert.Equal("_ZtRG-0P6c4IoFTuRwhAvw", LeafLabels.Child("AAAAAAAAAAAAAAAAAAAAAA", 2));

    [Fact]
    public void Children_OfDifferentParentsOrNumbers_Differ() =>
        Gen.Select(Gen.String, Gen.Int[1, 1000], Gen.String, Gen.Int[1, 1000]).Sample((label, number, otherLabel, otherNumber) =>
            (label == otherLabel && number == otherNumber)
            == (LeafLabels.Child(label, number) == LeafLabels.Child(otherLabel, otherNumber)));

    [Fact]
    public void Encoding_IsUnambiguous_WhereLabelAndNumberCouldRunTogether() =>
        Assert.NotEqual(LeafLabels.Child("A1", 1), LeafLabels.Child("A", 11));
}
