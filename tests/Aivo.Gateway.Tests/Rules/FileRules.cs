using System.Text.RegularExpressions;

namespace Aivo.Gateway.Tests.Rules;

/// <summary>Rules about whole files: their length, and tests that would not run.</summary>
internal static partial class FileRules
{
    public const int MaximumLines = 250;

    public static IEnumerable<string> TooLong(IEnumerable<SourceFile> files) =>
        from file in files
        let lines = file.Text.AsSpan().TrimEnd('\n').Count('\n') + 1
        where lines > MaximumLines
        select $"{file.Path}: {lines} lines, {MaximumLines} at most.";

    public static IEnumerable<string> SkippedTests(IEnumerable<SourceFile> files) =>
        from file in files
        from match in Skipped().Matches(file.Code)
        select $"{file.Path}: {match.Value.Trim()} leaves a test out.";

    [GeneratedRegex(@"\bSkip\s*=|\bSkip(?:When|Unless|Type|Exceptions)\s*=|\bAssert\.Skip\w*\s*\(|\bExplicit\s*=\s*true\b|\bSkipException\b", RegexOptions.CultureInvariant)]
    private static partial Regex Skipped();
}
