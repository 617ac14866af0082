using System.Text;
using System.Text.Json.Nodes;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Hosting;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

/// <summary>A valid production configuration in a folder of its own, and what becomes of it after some changes.</summary>
internal sealed class SettingsUnderTest : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aivo-settings-");

    public SettingsUnderTest()
    {
        _folder.CreateSubdirectory("signing");
        _folder.CreateSubdirectory("refresh");
        File.WriteAllText(Path.Combine(Folder, "file.txt"), "not a certificate");
    }

    public string Folder => _folder.FullName;

    /// <summary>Keys as the raw configuration knows them; <c>{dir}</c> stands for the folder.</summary>
    public static IReadOnlyDictionary<string, string?> Production { get; } = new Dictionary<string, string?>
    {
        ["AllowedHosts"] = "api.example.com",
        ["Gateway:Store"] = "Memory",
        ["Gateway:DataDirectory"] = "{dir}/data",
        ["Tokens:Issuer"] = "https://api.example.com",
        ["Tokens:Audience"] = "aivo",
        ["Tokens:SigningKeys"] = "{dir}/signing",
        ["Tokens:RefreshKeys"] = "{dir}/refresh",
        ["Users:Provider"] = "Sqlite",
        ["urls"] = "http://*:8080",
        ["ReverseProxy:Routes:orders:ClusterId"] = "orders",
        ["ReverseProxy:Routes:orders:AuthorizationPolicy"] = "default",
        ["ReverseProxy:Routes:orders:Match:Path"] = "/orders/{**rest}",
        ["ReverseProxy:Clusters:orders:Destinations:one:Address"] = "http://orders:8080/",
    };

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Reads the production configuration with changes: a null takes the key away.</summary>
    public SettingReport Read(bool development, params (string Key, string? Value)[] changes) => ReadSettings(development, changes).Report;

    public (GatewaySettings Settings, SettingReport Report) ReadSettings(bool development, params (string Key, string? Value)[] changes)
    {
        var values = new Dictionary<string, string?>(Production, StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in changes)
        {
            values[key] = value;
        }

        return ReadJson(development, Nested(values).ToJsonString());
    }

    public (GatewaySettings Settings, SettingReport Report) ReadJson(bool development, params string[] files)
    {
        var builder = new ConfigurationBuilder();
        foreach (string json in files)
        {
            builder.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json.Replace("{dir}", Folder, StringComparison.Ordinal))));
        }

        var report = new SettingReport();
        IConfigurationRoot configuration = builder.Build();
        GatewaySettings settings = GatewaySettings.Read(configuration, development, report);
        CheckedConfiguration.CheckRoutes(configuration, settings, report);
        return (settings, report);
    }

    /// <summary>As a JSON file would be written: the rules about files must see it.</summary>
    public static JsonObject Nested(IEnumerable<KeyValuePair<string, string?>> values)
    {
        var root = new JsonObject();
        foreach ((string key, string? value) in values.Where(pair => pair.Value is not null))
        {
            string[] parts = key.Split(':');
            JsonObject place = root;
            foreach (string part in parts[..^1])
            {
                if (place[part] is not JsonObject inner)
                {
                    place[part] = inner = [];
                }

                place = inner;
            }

            place[parts[^1]] = value;
        }

        return root;
    }
}
