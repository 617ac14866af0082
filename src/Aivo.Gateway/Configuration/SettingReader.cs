using System.Globalization;

namespace Aivo.Gateway.Configuration;

/// <summary>
/// Reads one section of the raw configuration. To read a setting is to declare it: its type, default, range and effect stand in the
/// one call that reads it, so the check, the value, the documentation and the schema cannot drift apart. Nothing throws: a value that
/// does not fit is reported and its default is used, so that every error is found in one pass. See docs/adr/0003.
/// </summary>
internal sealed partial class SettingReader(IConfiguration section, string path, SettingReport report)
{
    private readonly HashSet<string> _declared = new(StringComparer.OrdinalIgnoreCase);

    public string? OptionalText(string name, string effect, bool secret = false)
    {
        Declare(name, "text", null, null, effect);
        return Scalar(name, secret);
    }

    public string Text(string name, string @default, string effect)
    {
        Declare(name, "text", @default, null, effect);
        return Scalar(name) ?? @default;
    }

    /// <param name="shownDefault">The default in words, where its number depends on the machine.</param>
    public int Integer(string name, int @default, int minimum, int maximum, string effect, string? shownDefault = null)
    {
        Declare(name, "integer", shownDefault ?? @default.ToString(CultureInfo.InvariantCulture), $"{minimum} to {maximum}", effect);
        if (Scalar(name) is not { } text)
        {
            return @default;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= minimum && value <= maximum
            ? value
            : Wrong(name, text, @default, "is not a whole number in the range.", $"Set a whole number from {minimum} to {maximum}.");
    }

    public bool Flag(string name, bool @default, string effect)
    {
        Declare(name, "boolean", @default ? "true" : "false", "true, false", effect);
        if (Scalar(name) is not { } text)
        {
            return @default;
        }

        return bool.TryParse(text, out bool value) ? value : Wrong(name, text, @default, "is neither true nor false.", "Set true or false.");
    }

    public TimeSpan Duration(string name, TimeSpan @default, TimeSpan minimum, TimeSpan maximum, string effect)
    {
        Declare(name, "duration", Durations.Format(@default), $"{Durations.Format(minimum)} to {Durations.Format(maximum)}", effect);
        if (Scalar(name) is not { } text)
        {
            return @default;
        }

        if (!Durations.TryParse(text, out TimeSpan value))
        {
            return Wrong(name, text, @default, "is not a duration.", "Write [d.]hh:mm:ss, such as 00:05:00 for five minutes; a bare number would mean days.");
        }

        return value >= minimum && value <= maximum
            ? value
            : Wrong(name, text, @default, "is out of range.", $"Set a duration from {Durations.Format(minimum)} to {Durations.Format(maximum)}.");
    }

    public T Choice<T>(string name, T @default, string effect) where T : struct, Enum => OptionalChoice<T>(name, @default, effect) ?? @default;

    public T? OptionalChoice<T>(string name, T? @default, string effect) where T : struct, Enum
    {
        string names = string.Join(", ", Enum.GetNames<T>());
        Declare(name, "choice", @default?.ToString(), names, effect);
        if (Scalar(name) is not { } text)
        {
            return @default;
        }

        // By name alone: Enum.TryParse would take numbers, and with them values that do not exist.
        foreach (T value in Enum.GetValues<T>().Where(value => value.ToString().Equals(text, StringComparison.OrdinalIgnoreCase)))
        {
            return value;
        }

        return Wrong(name, text, @default, "is not one of the choices.", $"Set one of: {names}.");
    }

    /// <summary>A list of texts: <c>"Name": ["a", "b"]</c>, or <c>Section__Name__0=a</c> in the environment.</summary>
    public IReadOnlyList<string> List(string name, IReadOnlyList<string> @default, string effect)
    {
        Declare(name, "list of texts", @default.Count == 0 ? "empty" : string.Join(", ", @default), null, effect);
        IConfigurationSection list = section.GetSection(name);
        if (!string.IsNullOrEmpty(list.Value))
        {
            Error(name, list.Value, "is a single value where a list belongs.",
                $"Write a JSON array, or {Path(name).Replace(":", "__", StringComparison.Ordinal)}__0 in the environment.");
            return @default;
        }

        List<string> values = [];
        foreach (IConfigurationSection item in list.GetChildren())
        {
            if (!int.TryParse(item.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                Error($"{name}:{item.Key}", null, "is a named value where a list belongs.", "Write a JSON array, not an object.");
            }
            else if (ItemText(name, item) is { } text)
            {
                values.Add(text);
            }
        }

        // An empty array is an empty text in the raw configuration, a missing key is null: only the latter means the default.
        return list.Exists() ? values : @default;
    }

    /// <summary>A table of texts: <c>"Name": { "a": "b" }</c>.</summary>
    public IReadOnlyDictionary<string, string> Table(string name, string effect)
    {
        Declare(name, "table of texts", "empty", null, effect);
        RefuseSingleValue(name, "table");
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (IConfigurationSection item in section.GetSection(name).GetChildren())
        {
            if (ItemText(name, item) is { } text)
            {
                table[item.Key] = text;
            }
        }

        return table;
    }

    /// <summary>Reports every key of the section that nothing has declared: a misspelt setting must not be ignored.</summary>
    public void RefuseUnknown()
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!_declared.Contains(child.Key))
            {
                Error(child.Key, child.Value is null ? null : "***", "is not a setting of the gateway.",
                    $"Remove it or correct the name; {(path.Length == 0 ? "the top level" : path)} has: {string.Join(", ", _declared.Order(StringComparer.Ordinal))}.");
            }
        }
    }

    /// <param name="name">Empty for the section itself.</param>
    public void Error(string name, string? value, string problem, string fix) => report.Add(new SettingError(Path(name), value, problem, fix));

    private T Wrong<T>(string name, string text, T @default, string problem, string fix)
    {
        Error(name, text, problem, fix);
        return @default;
    }

    private string? Scalar(string name, bool secret = false)
    {
        IConfigurationSection setting = section.GetSection(name);
        if (setting.GetChildren().Any())
        {
            Error(name, null, "is a list or a section where a single value belongs.", "Write one value.");
            return null;
        }

        if (setting.Value is not { } text)
        {
            return null;
        }

        return text.Length > 0 && IsTrimmed(name, text, secret) ? text : null;
    }

    private string? ItemText(string name, IConfigurationSection item)
    {
        if (string.IsNullOrWhiteSpace(item.Value) || item.GetChildren().Any())
        {
            Error($"{name}:{item.Key}", null, "is empty or not a text.", "Write a text, or remove it.");
            return null;
        }

        return IsTrimmed($"{name}:{item.Key}", item.Value, secret: false) ? item.Value : null;
    }

    private bool IsTrimmed(string name, string text, bool secret)
    {
        bool trimmed = text.AsSpan().Trim().Length == text.Length;
        if (!trimmed)
        {
            Error(name, secret ? "***" : text, "begins or ends with white space.", "Remove the white space.");
        }

        return trimmed;
    }

    private void Declare(string name, string type, string? @default, string? range, string effect)
    {
        _declared.Add(name);
        report.Add(new SettingDescription(Path(name), type, @default, range, effect));
    }

    private string Path(string name) => path.Length == 0 ? name : name.Length == 0 ? path : $"{path}:{name}";
}
