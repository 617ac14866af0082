using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Hosting;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

/// <summary>
/// docs/appsettings.schema.json, made from the calls that read the settings and from the schema that comes with the proxy's package.
/// It is for editors: names stand as they are documented, and what settings demand of each other is left to <c>config check</c>.
/// </summary>
internal static class SchemaDocument
{
    public const string Path = "docs/appsettings.schema.json";

    private const string Duration = @"^(\d{1,5}\.)?\d\d:\d\d:\d\d(\.\d{1,7})?$";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Make()
    {
        var root = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Configuration of Aivo Gateway",
            ["type"] = "object",
            ["properties"] = new JsonObject { ["$schema"] = new JsonObject { ["type"] = "string" } },
            ["patternProperties"] = new JsonObject { ["^OTEL_"] = new JsonObject { ["type"] = "string" } },
            ["additionalProperties"] = false,
        };
        foreach (SettingDescription setting in Descriptions())
        {
            Place(root, setting.Key.Split(':'), Schema(setting));
        }

        var top = (JsonObject)root["properties"]!;
        top["ReverseProxy"] = ReverseProxy();
        top["Serilog"] = Framework("Levels of the log under MinimumLevel, as Serilog reads them.");
        top["Kestrel"] = Framework("Endpoints and certificates, as ASP.NET Core reads them.");
        foreach (string name in new[] { "urls", "http_ports", "https_ports" })
        {
            top[name] = new JsonObject { ["type"] = "string", ["description"] = "Where the public listener listens, as ASP.NET Core reads it." };
        }

        return root.ToJsonString(Indented) + "\n";
    }

    public static IReadOnlyList<SettingDescription> Descriptions()
    {
        var report = new SettingReport();
        GatewaySettings.Read(new ConfigurationBuilder().Build(), development: true, report);
        return report.Descriptions;
    }

    private static JsonObject Framework(string description) => new() { ["type"] = "object", ["description"] = description };

    /// <summary>Names that the operator chooses stand as <c>&lt;name&gt;</c> in a setting's key.</summary>
    private static void Place(JsonObject section, ReadOnlySpan<string> key, JsonObject schema)
    {
        bool chosen = key[0].StartsWith('<');
        if (chosen && section["additionalProperties"] is not JsonObject)
        {
            section["additionalProperties"] = Section();
        }

        if (chosen)
        {
            Place((JsonObject)section["additionalProperties"]!, key[1..], schema);
            return;
        }

        var members = (JsonObject)section["properties"]!;
        if (key.Length == 1)
        {
            members[key[0]] = schema;
            return;
        }

        if (members[key[0]] is not JsonObject inner)
        {
            members[key[0]] = inner = Section();
        }

        Place(inner, key[1..], schema);
    }

    private static JsonObject Section() => new() { ["type"] = "object", ["properties"] = new JsonObject(), ["additionalProperties"] = false };

    private static JsonObject Schema(SettingDescription setting)
    {
        JsonObject schema = setting.Type switch
        {
            "text" => new JsonObject { ["type"] = "string" },
            "integer" => Integer(setting.Range!),
            "boolean" => new JsonObject { ["type"] = "boolean" },
            "duration" => new JsonObject { ["type"] = "string", ["pattern"] = Duration },
            "choice" => new JsonObject { ["enum"] = new JsonArray([.. setting.Range!.Split(", ").Select(name => JsonValue.Create(name))]) },
            "list of texts" => new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
            "table of texts" => new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
            "reserved" when setting.Default == "empty" => Section(),
            "reserved" => new JsonObject { ["enum"] = new JsonArray(setting.Default) },
            string other => throw new InvalidOperationException($"{setting.Key}: the schema does not know the type '{other}'."),
        };
        string range = setting.Type is "integer" or "duration" ? $" {setting.Range}." : "";
        schema["description"] = $"{setting.Effect}{range} Default: {setting.Default ?? "not set"}.";
        return schema;
    }

    private static JsonObject Integer(string range)
    {
        long[] ends = [.. range.Split(" to ").Select(end => long.Parse(end, CultureInfo.InvariantCulture))];
        return new JsonObject { ["type"] = "integer", ["minimum"] = ends[0], ["maximum"] = ends[1] };
    }

    /// <summary>The package's own schema, with the names that the gateway gives a meaning in a route's metadata, and no others.</summary>
    private static JsonNode ReverseProxy()
    {
        JsonNode proxy = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(AppContext.BaseDirectory, "Yarp.ReverseProxy.ConfigurationSchema.json")))!["properties"]!["ReverseProxy"]!.DeepClone();
        JsonNode route = proxy["properties"]!["Routes"]!["patternProperties"]!["."]!;
        var names = new JsonObject();
        foreach (string name in RouteMetadata.Known)
        {
            names[name] = new JsonObject { ["type"] = "string" };
        }

        JsonNode metadata = route["properties"]!["Metadata"]!;
        metadata["description"] = "What the gateway does on this route: see docs/configuration.md.";
        metadata["properties"] = names;
        metadata["additionalProperties"] = false;
        return proxy;
    }
}
