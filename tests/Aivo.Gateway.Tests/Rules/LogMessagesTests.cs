namespace Aivo.Gateway.Tests.Rules;

public sealed class LogMessagesTests
{
    private const string Good = """[LoggerMessage(301, LogLevel.Warning, "A session [{Session}] ended (\"{Reason}\")", EventName = "SessionEnded")]""";

    [Fact]
    public void IdsAndEventNamesAreLiteralUniqueAndInTheirRange() => Rule.Holds(LogMessages.Violations(RepositoryFiles.Sources()));

    [Fact]
    public void AGoodMessage_IsNotFound() => Assert.Empty(LogMessages.Violations([File("Sessions", Good)]));

    [Theory]
    [InlineData("Redis", Good, "outside the range")]
    [InlineData("Elsewhere", Good, "outside the range")]
    [InlineData("Sessions", """[LoggerMessage(Ids.Ended, LogLevel.Warning, "Ended", EventName = "SessionEnded")]""", "without a literal id")]
    [InlineData("Sessions", """[LoggerMessage(LogLevel.Warning, "Ended", EventName = "SessionEnded")]""", "without a literal id")]
    [InlineData("Sessions", """[LoggerMessage(301, LogLevel.Warning, "Ended")]""", "without a literal EventName")]
    [InlineData("Sessions", """[LoggerMessage(301, LogLevel.Warning, "Ended", EventName = nameof(Ended))]""", "without a literal EventName")]
    [InlineData("Sessions", """[LoggerMessage(EventId = 201, Level = LogLevel.Warning, EventName = "SessionEnded", Message = "Ended")]""", "outside the range")]
    public void AWrongMessage_IsFound(string folder, string code, string expected) =>
        Assert.Single(LogMessages.Violations([File(folder, code)]), violation => violation.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void AnIdAndANameUsedTwice_AreFound()
    {
        string[] found = [.. LogMessages.Violations([File("Sessions", Good), File("Sessions", Good)])];
        Assert.Equal(2, found.Length);
        Assert.Contains("The id 301 is used 2 times", found[0], StringComparison.Ordinal);
        Assert.Contains("The event name SessionEnded is used 2 times", found[1], StringComparison.Ordinal);
    }

    private static SourceFile File(string folder, string text) => new($"src/Aivo.Gateway/{folder}/Sample.cs", text);
}
