using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tests.Primitives;

public sealed class TokenIdTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void HundredThousandLeaves_HaveAsManyIds()
    {
        HashSet<TokenId> ids = [];
        for (int i = 0; i < 50_000; i++)
        {
            // One label at many times, and many labels at one time.
            ids.Add(TokenIds.ForLeaf("label", Start.AddMilliseconds(i + 1)));
            ids.Add(TokenIds.ForLeaf($"label{i}", Start));
        }

        Assert.Equal(100_000, ids.Count);
        Assert.Equal(100_000, ids.Select(id => id.ToString()).Distinct().Count());
    }

    [Fact]
    public void SameLeaf_HasTheSameId() =>
        Assert.Equal(TokenIds.ForLeaf("label", Start), TokenIds.ForLeaf("label", Start.ToOffset(TimeSpan.FromHours(2)).AddTicks(9_999)));

    /// <summary>The form is fixed: nodes of two releases must agree on it.</summary>
    [Fact]
    public void Id_IsTheOneOfEveryRelease() => Assert.Equal("1gE4t82ANzzFm3mun8Iqd4OQ", TokenIds.ForLeaf("label", Start).ToString());
}
