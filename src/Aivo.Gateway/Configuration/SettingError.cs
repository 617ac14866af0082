using System.Text.RegularExpressions;

namespace Aivo.Gateway.Configuration;

/// <summary>One thing wrong with the configuration.</summary>
/// <param name="Key">The setting, as <c>Section:Key</c>.</param>
/// <param name="Value">The value found, or null where the setting is missing; secrets are replaced by <c>***</c>.</param>
/// <param name="Problem">What is wrong, as a sentence without the key.</param>
/// <param name="Fix">What to do, as a sentence.</param>
internal sealed partial record SettingError(string Key, string? Value, string Problem, string Fix)
{
    private const int LongestValue = 200;

    /// <summary>Where the value comes from: a file and a line, or an environment variable. Null where that is not known.</summary>
    public string? Place { get; init; }

    /// <summary>The setting and, where there is one, its value: safe to print on one line.</summary>
    public string Subject => Value is null ? Printable(Key) : $"{Printable(Key)} = '{Printable(Credentials().Replace(Value, "://***@"))}'";

    public override string ToString() => Place is null ? $"{Subject}: {Problem} {Fix}" : $"{Subject}: {Problem} {Fix} ({Place})";

    /// <summary>No control character reaches a terminal or a log line, and no value floods it.</summary>
    private static string Printable(string text)
    {
        string cut = text.Length > LongestValue ? $"{text.AsSpan(0, LongestValue)}…" : text;
        return string.Concat(cut.Select(letter => char.IsControl(letter) ? $"\\u{(int)letter:x4}" : letter.ToString()));
    }

    /// <summary>User and password inside a URL.</summary>
    [GeneratedRegex(@"://[^/\s]*@", RegexOptions.CultureInvariant)]
    private static partial Regex Credentials();
}

/// <summary>What a setting is; the documentation's row, and the source of the JSON schema to come.</summary>
internal sealed record SettingDescription(string Key, string Type, string? Default, string? Range, string Effect);

/// <summary>What reading a configuration gave besides its values: every error, and every setting that exists.</summary>
internal sealed class SettingReport
{
    private readonly List<SettingError> _errors = [];
    private readonly List<SettingDescription> _descriptions = [];

    public IReadOnlyList<SettingError> Errors => _errors;

    public IReadOnlyList<SettingDescription> Descriptions => _descriptions;

    /// <summary>Whether a value was given for the setting and is wrong: then it is not missing as well.</summary>
    public bool HasErrorAt(string key) => _errors.Exists(error => error.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    public void Add(SettingError error) => _errors.Add(error);

    public void Add(SettingDescription description) => _descriptions.Add(description);
}
