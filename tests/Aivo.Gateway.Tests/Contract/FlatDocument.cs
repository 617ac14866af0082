using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Aivo.Gateway.Tests.Contract;

/// <summary>
/// An OpenAPI document as a set of statements, one per leaf: <c>paths./login.post.operationId = login</c>. Lists of values are sets,
/// since <c>required</c>, <c>enum</c> and <c>type</c> have no order; two documents are compared by the difference of their sets.
/// </summary>
internal static class FlatDocument
{
    public static HashSet<string> FromYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        var statements = new HashSet<string>(StringComparer.Ordinal);
        Walk(stream.Documents[0].RootNode, "", statements);
        return statements;
    }

    public static HashSet<string> FromJson(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        var statements = new HashSet<string>(StringComparer.Ordinal);
        Walk(document.RootElement, "", statements);
        return statements;
    }

    private static void Walk(YamlNode node, string path, HashSet<string> statements)
    {
        switch (node)
        {
            case YamlMappingNode { Children.Count: 0 }:
                statements.Add($"{path} = {{}}");
                break;
            case YamlMappingNode mapping:
                foreach ((YamlNode key, YamlNode value) in mapping.Children)
                {
                    Walk(value, Join(path, ((YamlScalarNode)key).Value!), statements);
                }

                break;
            case YamlSequenceNode sequence:
                if (sequence.Children.Count == 0)
                {
                    statements.Add($"{path} = []");
                }

                foreach (YamlNode item in sequence.Children)
                {
                    Walk(item, path + "[]", statements);
                }

                break;
            case YamlScalarNode scalar:
                Add(path, scalar.Value!, statements);
                break;
        }
    }

    private static void Walk(JsonElement element, string path, HashSet<string> statements)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                if (!element.EnumerateObject().Any())
                {
                    statements.Add($"{path} = {{}}");
                }

                foreach (JsonProperty member in element.EnumerateObject())
                {
                    Walk(member.Value, Join(path, member.Name), statements);
                }

                break;
            case JsonValueKind.Array:
                if (element.GetArrayLength() == 0)
                {
                    statements.Add($"{path} = []");
                }

                foreach (JsonElement item in element.EnumerateArray())
                {
                    Walk(item, path + "[]", statements);
                }

                break;
            default:
                Add(path, element.ToString(), statements);
                break;
        }
    }

    private static void Add(string path, string value, HashSet<string> statements)
    {
        // A boolean true and the empty schema say the same of further members.
        statements.Add(path.EndsWith(".additionalProperties", StringComparison.Ordinal) ? $"{path} = {{}}" : $"{path} = {(value is "True" ? "true" : value)}");
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
