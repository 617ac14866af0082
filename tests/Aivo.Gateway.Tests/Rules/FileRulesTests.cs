namespace Aivo.Gateway.Tests.Rules;

public sealed class FileRulesTests
{
    [Fact]
    public void NoFileIsTooLong() =>
        Rule.Holds(FileRules.TooLong([.. RepositoryFiles.Sources(), .. RepositoryFiles.TestSources(), .. RepositoryFiles.Below("bench", "*.cs").Select(path => new SourceFile(path, RepositoryFiles.Read(path)))]));

    [Fact]
    public void NoTestIsSkipped() => Rule.Holds(FileRules.SkippedTests(RepositoryFiles.TestSources()));

    [Theory]
    [InlineData(FileRules.MaximumLines, 0)]
    [InlineData(FileRules.MaximumLines + 1, 1)]
    public void AFileOverTheLimit_IsFound(int lines, int found)
    {
        string text = string.Concat(Enumerable.Repeat("// line\n", lines));
        Assert.Equal(found, FileRules.TooLong([new SourceFile("src/Aivo.Gateway/Http/Long.cs", text)]).Count());
    }

    [Theory]
    [InlineData("[Fact(Skip = \"later\")]")]
    [InlineData("[Theory(Skip=Reason)]")]
    [InlineData("[Fact(SkipUnless = nameof(Redis))]")]
    [InlineData("[Fact(Explicit = true)]")]
    [InlineData("class A { void B() => Assert.Skip(\"later\"); }")]
    [InlineData("class A { void B() => Assert.SkipWhen(true, \"later\"); }")]
    public void ASkippedTest_IsFound(string code) => Assert.Single(FileRules.SkippedTests([new SourceFile("tests/A/B/C.cs", code)]));

    [Fact]
    public void AnEnumerationThatSkipsItems_IsNot() =>
        Assert.Empty(FileRules.SkippedTests([new SourceFile("tests/A/B/C.cs", "class A { object B => items.Skip(1); } // Skip = nothing")]));
}
