using System.Text.RegularExpressions;

namespace Aivo.Gateway.Tests.Rules;

/// <summary>One C# file as the rules see it.</summary>
/// <param name="Path">From the repository's root, with forward slashes.</param>
internal sealed partial record SourceFile(string Path, string Text)
{
    private string? _code;

    /// <summary>The text without comments and without what stands in string and character literals.</summary>
    public string Code => _code ??= CommentsAndLiterals().Replace(Text, match => match.Value[0] == '/' ? " " : "\"\"");

    /// <summary>The folder below the project, or empty for the project's own files such as Program.cs.</summary>
    public string Folder => Path.Split('/') is [_, _, var folder, _, ..] ? folder : "";

    public int LineOf(int index) => Text.AsSpan(0, Math.Min(index, Text.Length)).Count('\n') + 1;

    [GeneratedRegex("""
        //[^\n]*
        | /\*.*?\*/
        | \$*"{3,}.*?"{3,}
        | (?:\$@|@\$|@)"(?:[^"]|"")*"
        | \$?"(?:\\.|[^"\\\n])*"
        | '(?:\\[^\n]|[^'\\\n])[^'\n]{0,8}'
        """, RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex CommentsAndLiterals();
}
