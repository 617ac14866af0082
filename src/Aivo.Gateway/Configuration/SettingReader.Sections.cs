using System.Text.RegularExpressions;

namespace Aivo.Gateway.Configuration;

/// <summary>Sections inside a section.</summary>
internal sealed partial class SettingReader
{
    public T Section<T>(string name, Func<SettingReader, T> read)
    {
        _declared.Add(name);
        RefuseSingleValue(name, "section");
        var reader = new SettingReader(section.GetSection(name), Path(name), report);
        T value = read(reader);
        reader.RefuseUnknown();
        return value;
    }

    /// <summary>
    /// Sections whose names the operator chooses: <c>"Policies": { "staff": {…}, "own": {…} }</c>. What each may hold is declared once,
    /// under the path <c>Policies:&lt;name&gt;</c>, however many there are. Names are compared without regard to case, as keys are.
    /// </summary>
    /// <param name="placeholder">What the name stands for, in the documentation's rows.</param>
    public IReadOnlyDictionary<string, T> Sections<T>(string name, Func<SettingReader, T> read, string placeholder = "name")
    {
        _declared.Add(name);
        RefuseSingleValue(name, "section");
        DeclareSections(name, read, placeholder);
        var sections = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase);
        foreach (IConfigurationSection child in section.GetSection(name).GetChildren())
        {
            string key = $"{name}:{child.Key}";
            if (!NamePattern().IsMatch(child.Key))
            {
                Error(key, null, $"is not a {placeholder} that can be referred to.", "Begin with a letter and go on with letters, digits, '_', '-' and '.', 64 characters at most.");
            }
            else if (child.Value is { Length: > 0 })
            {
                RefuseSingleValue(key, "section");
            }
            else
            {
                var found = new SettingReport();
                var reader = new SettingReader(child, Path(key), found);
                sections[child.Key] = read(reader);
                reader.RefuseUnknown();
                foreach (SettingError error in found.Errors)
                {
                    report.Add(error);
                }
            }
        }

        return sections;
    }

    /// <summary>Whether anything is written there, an empty list or text among it; a null is nothing.</summary>
    public bool Has(string name) => section.GetSection(name).Exists();

    /// <summary>Whether an empty list or text is written there: neither left out nor null, and yet nothing.</summary>
    public bool HasNothingIn(string name) => section.GetSection(name) is { Value: "" } empty && !empty.GetChildren().Any();

    /// <summary>A setting whose capability this version does not have: only the value by which this version works is accepted.</summary>
    public void Reserved(string name, string value, string effect)
    {
        Declare(name, "reserved", value, $"only {value} in this version", effect);
        if (Scalar(name) is { } text && !text.Equals(value, StringComparison.OrdinalIgnoreCase))
        {
            Error(name, text, "has no effect in this version, which works as if it were " + value + ".", $"Remove it, or set {value}.");
        }
    }

    /// <summary>Reads a section that is not there: what it declares holds for every one that is.</summary>
    private void DeclareSections<T>(string name, Func<SettingReader, T> read, string placeholder)
    {
        var declared = new SettingReport();
        read(new SettingReader(new ConfigurationBuilder().Build(), Path($"{name}:<{placeholder}>"), declared));
        foreach (SettingDescription description in declared.Descriptions)
        {
            report.Add(description);
        }
    }

    /// <summary>The value is not shown: an environment variable that happens to have a section's name may hold anything.</summary>
    private void RefuseSingleValue(string name, string belongs)
    {
        if (section[name] is { Length: > 0 })
        {
            Error(name, "***", $"is a single value where a {belongs} belongs.", "Write a JSON object, or remove the environment variable of this name.");
        }
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_.-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
