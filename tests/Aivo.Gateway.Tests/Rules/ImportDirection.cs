using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Aivo.Gateway.Tests.Rules;

/// <summary>
/// Who may import whom: a folder uses its own level's code only within itself, and otherwise what lies strictly below. The project's
/// own files (Program.cs) may use everything.
/// </summary>
internal static partial class ImportDirection
{
    private const string Root = "Aivo.Gateway";

    private static readonly FrozenDictionary<string, int> Levels = new Dictionary<string, int>
    {
        ["Commands"] = 8,
        ["Hosting"] = 7,
        ["Endpoints"] = 6,
        ["Forwarding"] = 6,
        ["Authentication"] = 5,
        ["Users"] = 4,
        ["Tokens"] = 4,
        ["Sessions"] = 4,
        ["Revocation"] = 4,
        ["Throttling"] = 4,
        ["Redis"] = 3,
        ["Http"] = 3,
        ["Telemetry"] = 2,
        ["Configuration"] = 1,
        ["Primitives"] = 0,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Folders => Levels.Keys;

    public static IEnumerable<string> Violations(IEnumerable<SourceFile> files)
    {
        foreach (SourceFile file in files.Where(file => file.Folder.Length > 0))
        {
            if (!Levels.TryGetValue(file.Folder, out int level))
            {
                yield return $"{file.Path}: the folder {file.Folder} has no place in the order of imports.";
                continue;
            }

            string expected = $"{Root}.{file.Folder}";
            string declared = NamespaceDeclaration().Match(file.Code).Groups["name"].Value;
            if (declared != expected && !declared.StartsWith(expected + ".", StringComparison.Ordinal))
            {
                yield return $"{file.Path}: the namespace is {declared}, not {expected}.";
            }

            foreach (string other in Imported(file).Where(other => other != file.Folder && Levels[other] >= level))
            {
                yield return $"{file.Path}: {file.Folder} imports {other}.";
            }
        }
    }

    /// <summary>
    /// The folders a file names: in a using directive, by a full name, or by a name that begins with a folder, which resolves because
    /// every namespace here lies in Aivo.Gateway.
    /// </summary>
    private static IEnumerable<string> Imported(SourceFile file) =>
        QualifiedName().Matches(file.Code).Concat(PartialName().Matches(file.Code))
            .Select(match => match.Groups["folder"].Value)
            .Where(Levels.ContainsKey)
            .Distinct();

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"\bAivo\s*\.\s*Gateway\s*\.\s*(?<folder>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex QualifiedName();

    [GeneratedRegex(@"(?<![\w.]|\?\.)(?<folder>[A-Z]\w+)\.(?=[A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex PartialName();
}
