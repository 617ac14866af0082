using System.Text.Json;
using System.Text.RegularExpressions;

namespace Aivo.Gateway.Tests.Configuration;

/// <summary>
/// As much of JSON Schema (draft 7) as docs/appsettings.schema.json uses. A keyword that it does not know is an error of the schema, so
/// that nothing is taken for checked that is not.
/// </summary>
internal static class SchemaValidator
{
    private static readonly string[] Annotations = ["$schema", "$comment", "title", "description", "default"];

    /// <summary>Every place where the value does not fit the schema.</summary>
    public static IReadOnlyList<string> Errors(JsonElement schema, JsonElement value, string place = "")
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.ValueKind == JsonValueKind.True ? [] : [$"{place} is not allowed"];
        }

        List<string> errors = [];
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "type" when !Types(keyword.Value).Any(type => Is(type, value)):
                    errors.Add($"{place} is not {keyword.Value}");
                    break;
                case "enum" when !keyword.Value.EnumerateArray().Any(choice => JsonElement.DeepEquals(choice, value)):
                    errors.Add($"{place} is none of {keyword.Value}");
                    break;
                case "pattern" when value.ValueKind == JsonValueKind.String && !Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!):
                    errors.Add($"{place} does not match {keyword.Value}");
                    break;
                case "minimum" when value.ValueKind == JsonValueKind.Number && value.GetDouble() < keyword.Value.GetDouble():
                case "maximum" when value.ValueKind == JsonValueKind.Number && value.GetDouble() > keyword.Value.GetDouble():
                    errors.Add($"{place} is out of range");
                    break;
                case "required" when value.ValueKind == JsonValueKind.Object:
                    errors.AddRange(keyword.Value.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{place}/{name} is missing"));
                    break;
                case "items" when value.ValueKind == JsonValueKind.Array:
                    errors.AddRange(value.EnumerateArray().SelectMany((item, index) => Errors(keyword.Value, item, $"{place}/{index}")));
                    break;
                case "anyOf" when !keyword.Value.EnumerateArray().Any(choice => Errors(choice, value, place).Count == 0):
                    errors.Add($"{place} fits nothing of anyOf");
                    break;
                case "not" when Errors(keyword.Value, value, place).Count == 0:
                    errors.Add($"{place} is what must not be");
                    break;
                case "type" or "enum" or "pattern" or "minimum" or "maximum" or "required" or "items" or "anyOf" or "not":
                case "properties" or "patternProperties" or "additionalProperties":
                    break;
                default:
                    Assert.Contains(keyword.Name, Annotations);
                    break;
            }
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            errors.AddRange(value.EnumerateObject().SelectMany(member => Member(schema, member, $"{place}/{member.Name}")));
        }

        return errors;
    }

    private static IEnumerable<string> Member(JsonElement schema, JsonProperty member, string place)
    {
        List<JsonElement> schemas = [];
        if (schema.TryGetProperty("properties", out JsonElement properties) && properties.TryGetProperty(member.Name, out JsonElement own))
        {
            schemas.Add(own);
        }

        if (schema.TryGetProperty("patternProperties", out JsonElement patterns))
        {
            schemas.AddRange(patterns.EnumerateObject().Where(pattern => Regex.IsMatch(member.Name, pattern.Name)).Select(pattern => pattern.Value));
        }

        if (schemas.Count == 0 && schema.TryGetProperty("additionalProperties", out JsonElement others))
        {
            schemas.Add(others);
        }

        return schemas.SelectMany(each => Errors(each, member.Value, place));
    }

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(each => each.GetString()!) : [type.GetString()!];

    private static bool Is(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => throw new InvalidOperationException($"no type of JSON Schema: {type}"),
    };
}
