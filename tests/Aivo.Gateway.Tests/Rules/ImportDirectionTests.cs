namespace Aivo.Gateway.Tests.Rules;

public sealed class ImportDirectionTests
{
    [Fact]
    public void ImportsOnlyPointDownwards() => Rule.Holds(ImportDirection.Violations(RepositoryFiles.Sources()));

    [Fact]
    public void TheRuleReadsTheWholeProgram() => Assert.True(RepositoryFiles.Sources().Count(file => file.Folder.Length > 0) >= 15);

    [Theory]
    [InlineData("Users", "using Aivo.Gateway.Tokens;", "Users imports Tokens")]
    [InlineData("Users", "using Key = Aivo.Gateway.Tokens.SigningKey;", "Users imports Tokens")]
    [InlineData("Users", "using static Aivo.Gateway.Sessions.LeafLabels;", "Users imports Sessions")]
    [InlineData("Users", "global using Aivo.Gateway.Sessions;", "Users imports Sessions")]
    [InlineData("Endpoints", "using Aivo.Gateway.Forwarding;", "Endpoints imports Forwarding")]
    [InlineData("Forwarding", "using Aivo.Gateway.Endpoints;", "Forwarding imports Endpoints")]
    [InlineData("Primitives", "using Aivo.Gateway.Configuration;", "Primitives imports Configuration")]
    [InlineData("Telemetry", "using Aivo.Gateway.Http;", "Telemetry imports Http")]
    [InlineData("Hosting", "using Aivo.Gateway.Commands;", "Hosting imports Commands")]
    [InlineData("Sessions", "class A { object B() => new global::Aivo.Gateway.Users.User(); }", "Sessions imports Users")]
    [InlineData("Sessions", "class A { object B() => new Users.User(); }", "Sessions imports Users")]
    [InlineData("Sessions", "class A { Revocation.RevocationReplica? Replica { get; } }", "Sessions imports Revocation")]
    [InlineData("Managers", "", "no place in the order")]
    public void AnImportAgainstTheArrows_IsFound(string folder, string code, string expected) =>
        Assert.Contains(ImportDirection.Violations([File(folder, $"namespace Aivo.Gateway.{folder};\n{code}")]), violation => violation.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void ANamespaceOfAnotherFolder_IsFound() =>
        Assert.Single(ImportDirection.Violations([File("Users", "namespace Aivo.Gateway.Tokens;")]), violation => violation.Contains("the namespace is", StringComparison.Ordinal));

    [Theory]
    [InlineData("Users", "using Aivo.Gateway.Primitives;\nusing Microsoft.AspNetCore.Http;")]
    [InlineData("Users", "// see Aivo.Gateway.Tokens\nclass A { string B => \"Aivo.Gateway.Tokens\"; }")]
    [InlineData("Users", "/* Tokens.Issue */ class A { string B => @\"Tokens.Issue \"\" Sessions.End\"; }")]
    [InlineData("Users", "class A(Options options) { object B => options.Tokens.Issuer; }")]
    [InlineData("Hosting", "using Aivo.Gateway.Endpoints;\nusing Aivo.Gateway.Forwarding;")]
    [InlineData("Authentication", "using Aivo.Gateway.Tokens;\nusing Aivo.Gateway.Revocation;")]
    public void AnImportAlongTheArrows_IsNot(string folder, string code) =>
        Assert.Empty(ImportDirection.Violations([File(folder, $"namespace Aivo.Gateway.{folder};\n{code}")]));

    [Fact]
    public void TheProgramItself_MayUseEverything() =>
        Assert.Empty(ImportDirection.Violations([new SourceFile("src/Aivo.Gateway/Program.cs", "using Aivo.Gateway.Commands;")]));

    [Fact]
    public void EveryFolderStandsInTheArchitecture()
    {
        string architecture = RepositoryFiles.Read("docs/architecture.md");
        Assert.All(ImportDirection.Folders, folder => Assert.Contains($"| {folder} |", architecture, StringComparison.Ordinal));
    }

    private static SourceFile File(string folder, string text) => new($"src/Aivo.Gateway/{folder}/Sample.cs", text);
}
