using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Aivo.Gateway.Users;

/// <summary>The text form of a user's attributes: one JSON object without duplicate names.</summary>
internal static class UserAttributes
{
    /// <summary>Claims can be mapped from attributes, and a bearer token has 8 KiB; so more than this is a mistake.</summary>
    public const int MaximumBytes = 16 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    public static IReadOnlyDictionary<string, JsonElement> Empty { get; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal).AsReadOnly();

    public static bool TryParse(string text, [NotNullWhen(true)] out IReadOnlyDictionary<string, JsonElement>? attributes)
    {
        attributes = null;
        if (Encoding.UTF8.GetByteCount(text) > MaximumBytes)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            JsonElement root = document.RootElement.Clone();
            attributes = root.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal).AsReadOnly();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // A name with half of a surrogate pair: JSON by its grammar, but no text.
            return false;
        }
    }

    /// <summary>Adds attributes that are texts, over those of the same name. False when the result would be too long, or a text is not Unicode.</summary>
    public static bool TryAdd(
        IReadOnlyDictionary<string, JsonElement> attributes,
        IEnumerable<(string Name, string Value)> texts,
        [NotNullWhen(true)] out IReadOnlyDictionary<string, JsonElement>? merged)
    {
        var result = new Dictionary<string, JsonElement>(attributes, StringComparer.Ordinal);
        merged = null;
        try
        {
            foreach ((string name, string value) in texts)
            {
                using var document = JsonDocument.Parse($"\"{JsonEncodedText.Encode(value)}\"");
                result[name] = document.RootElement.Clone();
            }

            ToText(result);
        }
        catch (ArgumentException)
        {
            return false;
        }

        merged = result.AsReadOnly();
        return true;
    }

    /// <exception cref="ArgumentException">The text would be longer than <see cref="MaximumBytes"/>.</exception>
    public static string ToText(IReadOnlyDictionary<string, JsonElement> attributes)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach ((string name, JsonElement value) in attributes)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return buffer.Length <= MaximumBytes
            ? Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length)
            : throw new ArgumentException($"The attributes are longer than {MaximumBytes} bytes.", nameof(attributes));
    }
}
