using System.Text.RegularExpressions;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tests.Rules;

/// <summary>What the documents must keep up with: the refusals, the index of decisions, and the files they link to.</summary>
internal static partial class DocumentRules
{
    /// <summary>Refusals without a row <c>| status | `code` |</c>, and rows whose code or status the program does not have.</summary>
    public static IEnumerable<string> Refusals(string document, IReadOnlyCollection<(int Status, string Code)> known)
    {
        List<(int Status, string Code)> rows = [.. RefusalRow().Matches(document).Select(match =>
            (int.Parse(match.Groups["status"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), match.Groups["code"].Value))];
        return known.Except(rows).Select(refusal => $"{refusal.Status} {refusal.Code} is not in the table.")
            .Concat(rows.Except(known).Select(row => $"{row.Status} {row.Code} is in the table and not in the program."))
            .Concat(rows.GroupBy(row => row.Code).Where(group => group.Count() > 1).Select(group => $"{group.Key} is in the table twice."));
    }

    /// <summary>Decisions the index does not link to, and links to none.</summary>
    public static IEnumerable<string> DecisionIndex(string index, IReadOnlyCollection<string> fileNames)
    {
        List<string> linked = [.. DecisionLink().Matches(index).Select(match => match.Groups["file"].Value)];
        return fileNames.Except(linked).Select(file => $"{file} is not in the index.")
            .Concat(linked.Except(fileNames).Select(file => $"The index names {file}, which is not there."))
            .Concat(fileNames.GroupBy(file => file[..4]).Where(group => group.Count() > 1).Select(group => $"Two decisions have the number {group.Key}."));
    }

    /// <summary>Relative links that lead nowhere.</summary>
    /// <param name="path">The document, from the repository's root.</param>
    /// <param name="document">Its text.</param>
    /// <param name="exists">Whether a path from the root is there.</param>
    public static IEnumerable<string> DeadLinks(string path, string document, Func<string, bool> exists)
    {
        string folder = Path.GetDirectoryName(path) ?? "";
        return from match in Link().Matches(CodeBlock().Replace(document, ""))
               let target = match.Groups["target"].Value.Split('#')[0]
               where target.Length > 0 && !target.Contains(':', StringComparison.Ordinal)
               where !exists(Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", folder, target))))
               select $"{path}: the link to {target} leads nowhere.";
    }

    public static IReadOnlyCollection<(int Status, string Code)> Known() => [.. Denial.All.Select(denial => (denial.Status, denial.Code))];

    [GeneratedRegex(@"^\| (?<status>\d{3}) \| `(?<code>[a-z_]+)` \|", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex RefusalRow();

    [GeneratedRegex(@"\]\((?<file>\d{4}-[a-z0-9-]+\.md)\)", RegexOptions.CultureInvariant)]
    private static partial Regex DecisionLink();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex CodeBlock();
}
