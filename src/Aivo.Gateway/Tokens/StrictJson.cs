using System.Text.Json;
using System.Text.Unicode;

namespace Aivo.Gateway.Tokens;

/// <summary>JSON objects in tokens: read in one way only, or not at all (RFC 8725, sections 2.6 and 3.7).</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = 8,
    };

    /// <summary>
    /// The object, or null for anything but valid UTF-8 that holds exactly one JSON object, without duplicate members, at most 8 deep,
    /// with nothing before or after it (not even white space).
    /// </summary>
    public static JsonDocument? ParseObject(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> bytes = json.Span;
        if (bytes is not [(byte)'{', .., (byte)'}'] || !Utf8.IsValid(bytes))
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(json, Options);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // The second: an escape for half of a surrogate pair in a member's name.
            return null;
        }
    }

    /// <summary>The string, or null where the value is no string, or holds half of a surrogate pair.</summary>
    public static string? TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
