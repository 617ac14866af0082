namespace Aivo.Gateway.Tests.Rules;

public sealed class DeclarationsTests
{
    [Fact]
    public void TypesAreInternalSealedAndSayWhatTheyAre() => Rule.Holds(Declarations.Violations(RepositoryFiles.Sources()));

    [Theory]
    [InlineData("internal sealed class SessionManager;", "does not say")]
    [InlineData("internal static class TokenHelper { }", "does not say")]
    [InlineData("internal static class StringUtils { }", "does not say")]
    [InlineData("internal interface ISessionService { }", "does not say")]
    [InlineData("internal sealed record DefaultOptions(int A);", "does not say")]
    [InlineData("public sealed class Session { }", "is public")]
    [InlineData("public enum Kind { A }", "is public")]
    [InlineData("internal class Session { }", "neither sealed nor static")]
    [InlineData("internal record Session(int A);", "neither sealed nor static")]
    [InlineData("internal partial class Session<T> where T : struct { }", "neither sealed nor static")]
    [InlineData("internal sealed class A\n{\n    private class Inner\n    {\n    }\n}", "Inner is neither sealed nor static")]
    public void AWrongDeclaration_IsFound(string code, string expected) =>
        Assert.Single(Declarations.Violations([File(code)]), violation => violation.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("internal sealed class Session { private static partial class Log { } }")]
    [InlineData("internal readonly record struct SessionId(int Value);")]
    [InlineData("internal enum Kind { A }\ninternal interface ISessionStore { }")]
    [InlineData("// a class Helper stands here\ninternal sealed class A { string B => \"public class Manager {\"; }")]
    [InlineData("internal sealed class A { void B<T>() where T : class { } }")]
    public void ARightOne_IsNot(string code) => Assert.Empty(Declarations.Violations([File(code)]));

    private static SourceFile File(string text) => new("src/Aivo.Gateway/Sessions/Sample.cs", text);
}
