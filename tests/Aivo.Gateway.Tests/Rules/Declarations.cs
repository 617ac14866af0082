using System.Text.RegularExpressions;

namespace Aivo.Gateway.Tests.Rules;

/// <summary>How types are named and declared: nothing public, classes sealed or static, no name that says nothing.</summary>
internal static partial class Declarations
{
    public static IEnumerable<string> Violations(IEnumerable<SourceFile> files)
    {
        foreach (SourceFile file in files)
        {
            foreach (Match match in TypeDeclaration().Matches(file.Code))
            {
                string name = match.Groups["name"].Value;
                string[] modifiers = match.Groups["modifiers"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                if (EmptyName().IsMatch(name))
                {
                    yield return $"{file.Path}: {name} does not say what it is.";
                }

                if (modifiers.Contains("public"))
                {
                    yield return $"{file.Path}: {name} is public; one assembly has no one to be public for.";
                }

                bool reference = match.Groups["kind"].Value is "class" or "record" or "record class";
                if (reference && !modifiers.Intersect(["sealed", "static", "abstract"]).Any())
                {
                    yield return $"{file.Path}: {name} is neither sealed nor static.";
                }
            }
        }
    }

    [GeneratedRegex(@"(?<=^|[;{}\]\n])[ \t]*(?<modifiers>(?:(?:public|internal|private|protected|file|sealed|static|abstract|readonly|ref|partial|unsafe|new)\s+)*)(?<kind>record\s+struct|record\s+class|record|class|struct|interface|enum)\s+(?<name>[A-Z]\w*)\s*(?=[<({:;]|where\b)", RegexOptions.CultureInvariant)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex("(?:Manager|Helpers?|Utils?|Utility|Utilities|Service|Services)$|^Default", RegexOptions.CultureInvariant)]
    private static partial Regex EmptyName();
}
