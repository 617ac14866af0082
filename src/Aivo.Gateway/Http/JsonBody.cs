using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;

namespace Aivo.Gateway.Http;

/// <summary>
/// Reads the body of a request to <c>/auth/v1</c>: one JSON object, read strictly. Everything that is wrong with a body is a
/// <see cref="ValidationFault"/> (422), because generated clients know no other status for it, and a 401 would log them out.
/// </summary>
internal sealed class JsonBody
{
    /// <summary>The largest accepted body, in bytes.</summary>
    public const int MaximumLength = 64 * 1024;

    private const int MaximumDepth = 8;
    private const string MediaType = "application/json";
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaximumDepth, AllowDuplicateProperties = false };

    private readonly JsonElement _root;
    private readonly List<ValidationFault> _faults = [];

    private JsonBody(JsonElement root) => _root = root;

    private JsonBody(string fault) => _faults.Add(new ValidationFault("$", fault));

    /// <summary>What is wrong; empty when everything asked for so far was there.</summary>
    public IReadOnlyList<ValidationFault> Faults => _faults;

    public static async ValueTask<JsonBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!IsJson(request.ContentType))
        {
            return new JsonBody("The content type must be application/json (UTF-8).");
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            return new JsonBody("The body must not be compressed.");
        }

        if (request.ContentLength > MaximumLength)
        {
            return new JsonBody("The body is too long.");
        }

        ReadResult read;
        do
        {
            read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > MaximumLength)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return new JsonBody("The body is too long.");
            }

            if (!read.IsCompleted)
            {
                request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        while (!read.IsCompleted);
        byte[] bytes = read.Buffer.ToArray();
        request.BodyReader.AdvanceTo(read.Buffer.End);
        return Parse(bytes);
    }

    /// <summary>The text of a member that may be missing; null then, or with a fault noted.</summary>
    public string? OptionalText(string name) => _root.ValueKind == JsonValueKind.Object && _root.TryGetProperty(name, out _) ? Text(name) : null;

    /// <summary>The text of a required member, or null with a fault noted.</summary>
    public string? Text(string name)
    {
        if (_root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (!_root.TryGetProperty(name, out JsonElement member))
        {
            return Fault(name, "is missing.");
        }

        if (member.ValueKind != JsonValueKind.String)
        {
            return Fault(name, "must be a string.");
        }

        try
        {
            return member.GetString();
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: no text at all.
            return Fault(name, "is not valid Unicode.");
        }
    }

    /// <summary>Notes that a member does not fit. Returns null, for use in an expression.</summary>
    public string? Fault(string name, string message)
    {
        _faults.Add(new ValidationFault(name, message));
        return null;
    }

    private static JsonBody Parse(byte[] bytes)
    {
        if (bytes.AsSpan().StartsWith("\uFEFF"u8))
        {
            return new JsonBody("The body must not begin with a byte order mark.");
        }

        if (!Utf8.IsValid(bytes))
        {
            return new JsonBody("The body is not valid UTF-8.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonBody(document.RootElement.Clone())
                : new JsonBody("The body must be a JSON object.");
        }
        catch (JsonException)
        {
            return new JsonBody($"The body is not one JSON object without duplicate members, {MaximumDepth} levels deep at most.");
        }
    }

    private static bool IsJson(string? contentType) =>
        contentType is not null && contentType.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase)
        && MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
