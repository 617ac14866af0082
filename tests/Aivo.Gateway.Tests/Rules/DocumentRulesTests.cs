namespace Aivo.Gateway.Tests.Rules;

public sealed class DocumentRulesTests
{
    private static readonly (int, string)[] Two = [(401, "unauthenticated"), (403, "forbidden")];

    [Fact]
    public void EveryRefusalIsDocumented()
    {
        Assert.NotEmpty(DocumentRules.Known());
        Rule.Holds(DocumentRules.Refusals(RepositoryFiles.Read("docs/errors.md"), DocumentRules.Known()));
    }

    [Fact]
    public void EveryDecisionIsInTheIndex()
    {
        string[] files = [.. RepositoryFiles.Below("docs/adr", "*.md").Select(Path.GetFileName).OfType<string>().Where(name => name != "README.md")];
        Assert.NotEmpty(files);
        Rule.Holds(DocumentRules.DecisionIndex(RepositoryFiles.Read("docs/adr/README.md"), files));
    }

    [Fact]
    public void EveryLinkLeadsSomewhere()
    {
        string[] documents = [.. RepositoryFiles.Below("docs", "*.md"), .. RepositoryFiles.Below("deploy", "*.md"), .. RepositoryFiles.Below("bench", "*.md"), "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
        Rule.Holds(documents.SelectMany(path => DocumentRules.DeadLinks(path, RepositoryFiles.Read(path), Exists)));
    }

    [Theory]
    [InlineData("| 401 | `unauthenticated` | x |\n| 403 | `forbidden` | x |\n", "")]
    [InlineData("| 401 | `unauthenticated` | x |\n", "403 forbidden is not in the table.")]
    [InlineData("| 401 | `unauthenticated` | x |\n| 403 | `forbidden` | x |\n| 418 | `teapot` | x |\n", "418 teapot is in the table and not in the program.")]
    [InlineData("| 401 | `unauthenticated` | x |\n| 403 | `forbidden` | x |\n| 403 | `forbidden` | y |\n", "forbidden is in the table twice.")]
    public void ATableOfRefusalsThatDiffers_IsFound(string document, string expected) =>
        Assert.Equal(expected, string.Concat(DocumentRules.Refusals(document, Two)));

    [Fact]
    public void AWrongStatusInTheTable_IsFoundOnBothSides() =>
        Assert.Equal(2, DocumentRules.Refusals("| 401 | `unauthenticated` | x |\n| 404 | `forbidden` | x |\n", Two).Count());

    [Theory]
    [InlineData("[one](0001-one.md) [two](0002-two.md)", "")]
    [InlineData("[one](0001-one.md)", "0002-two.md is not in the index.")]
    [InlineData("[one](0001-one.md) [two](0002-two.md) [three](0003-three.md)", "The index names 0003-three.md, which is not there.")]
    public void AnIndexOfDecisionsThatDiffers_IsFound(string index, string expected) =>
        Assert.Equal(expected, string.Concat(DocumentRules.DecisionIndex(index, ["0001-one.md", "0002-two.md"])));

    [Fact]
    public void TwoDecisionsWithOneNumber_AreFound() =>
        Assert.Single(DocumentRules.DecisionIndex("[one](0001-one.md) [other](0001-other.md)", ["0001-one.md", "0001-other.md"]));

    [Theory]
    [InlineData("docs/a.md", "[b](b.md), [web](https://example.com/x), [here](#part), `[c](c.md)`", 0)]
    [InlineData("docs/a.md", "[c](c.md)", 1)]
    [InlineData("docs/a.md", "[up](../README.md#start)", 0)]
    [InlineData("docs/adr/a.md", "[up](../README.md)", 1)]
    public void ADeadLink_IsFound(string path, string document, int found) =>
        Assert.Equal(found, DocumentRules.DeadLinks(path, document, target => target is "docs/b.md" or "README.md").Count());

    private static bool Exists(string path) => Path.Exists(Path.Combine(RepositoryFiles.Root, path));
}
