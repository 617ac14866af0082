using System.Collections;
using System.Globalization;
using System.Text.Json;
using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Hosting;

/// <summary>Where each setting comes from: of several sources that have it, the last one, which is the one that counts.</summary>
internal sealed class SettingPlaces
{
    private static readonly JsonReaderOptions AsRead = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly string[] Prefixes = ["DOTNET_", "ASPNETCORE_", ""];

    private readonly Dictionary<string, string> _places = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="files">One that is no JSON is left out: of it, none counts.</param>
    public static SettingPlaces In(ConfigurationFiles files)
    {
        var places = new SettingPlaces();
        foreach (ConfigurationFile file in files.Files.Where(file => file.Content is not null))
        {
            var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            try
            {
                Walk(file.Path, WithoutMark(file.Content!), found);
            }
            catch (JsonException)
            {
                continue;
            }

            foreach ((string key, string place) in found)
            {
                places._places[key] = place;
            }
        }

        foreach (string prefix in Prefixes)
        {
            places.AddVariables(prefix);
        }

        return places;
    }

    /// <summary>The place of the setting; of one that is not set, that of the innermost section around it that is.</summary>
    public string? Find(string key)
    {
        for (string? place = key; place is not null; place = ConfigurationPath.GetParentPath(place))
        {
            if (_places.TryGetValue(place, out string? found))
            {
                return found;
            }
        }

        return null;
    }

    public IReadOnlyList<SettingError> AddTo(IReadOnlyList<SettingError> errors) => [.. errors.Select(error => error with { Place = error.Place ?? Find(error.Key) })];

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> content) => content.StartsWith("\uFEFF"u8) ? content["\uFEFF"u8.Length..] : content;

    private static void Walk(string path, ReadOnlySpan<byte> content, Dictionary<string, string> places)
    {
        var reader = new Utf8JsonReader(content, AsRead);
        var around = new Stack<(string Key, int Index)>();
        string key = "";
        int line = 1;
        int counted = 0;
        while (reader.Read())
        {
            int start = (int)reader.TokenStartIndex;
            line += content[counted..start].Count((byte)'\n');
            counted = start;
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                key = Inside(around.Peek().Key, reader.GetString()!);
                places[key] = string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}");
                continue;
            }

            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                around.Pop();
                continue;
            }

            if (around.TryPeek(out (string Key, int Index) list) && list.Index >= 0)
            {
                around.Pop();
                around.Push((list.Key, list.Index + 1));
                key = Inside(list.Key, list.Index.ToString(CultureInfo.InvariantCulture));
                places[key] = string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}");
            }

            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                around.Push((key, reader.TokenType == JsonTokenType.StartArray ? 0 : -1));
            }
        }
    }

    private static string Inside(string section, string name) => section.Length == 0 ? name : $"{section}:{name}";

    /// <summary>A section that a variable sets something in stays where the file has it; the variable is the place of its own setting.</summary>
    private void AddVariables(string prefix)
    {
        foreach (string name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key))
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                _places[name[prefix.Length..].Replace("__", ":", StringComparison.Ordinal)] = $"environment variable {name}";
            }
        }
    }
}
