using System.Text.Json;
using Aivo.Gateway.Tests.Rules;

namespace Aivo.Gateway.Tests.Configuration;

/// <summary>docs/appsettings.schema.json, with which editors complete and check a configuration.</summary>
public sealed class SchemaTests
{
    private static readonly JsonDocumentOptions AsRead = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static TheoryData<string> Shipped => [.. RepositoryFiles.Below(".", "appsettings*.json").Where(path => !path.EndsWith(".schema.json", StringComparison.Ordinal))];

    /// <summary>With AIVO_TEST_WRITE_SCHEMA=1 the file is written anew instead.</summary>
    [Fact]
    public void Schema_SaysWhatTheSettingsAre()
    {
        string made = SchemaDocument.Make();
        if (Environment.GetEnvironmentVariable("AIVO_TEST_WRITE_SCHEMA") == "1")
        {
            File.WriteAllText(Path.Combine(RepositoryFiles.Root, SchemaDocument.Path), made);
        }

        Assert.True(made == RepositoryFiles.Read(SchemaDocument.Path), $"{SchemaDocument.Path} is behind the settings; write it anew with AIVO_TEST_WRITE_SCHEMA=1.");
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void ShippedConfiguration_FitsTheSchema(string path)
    {
        using JsonDocument configuration = JsonDocument.Parse(RepositoryFiles.Read(path), AsRead);
        Assert.Empty(Errors(configuration.RootElement));
        Assert.True(configuration.RootElement.TryGetProperty("$schema", out JsonElement schema), $"{path} does not name its schema.");
        Assert.EndsWith(SchemaDocument.Path, Path.GetRelativePath(RepositoryFiles.Root, Path.GetFullPath(Path.Combine(RepositoryFiles.Root, Path.GetDirectoryName(path)!, schema.GetString()!))), StringComparison.Ordinal);
    }

    [Fact]
    public void DocumentedExamples_FitTheSchema()
    {
        string document = RepositoryFiles.Read("docs/configuration.md");
        foreach (string example in document.Split("```json\n").Skip(1).Select(part => part.Split("```")[0]))
        {
            using JsonDocument configuration = JsonDocument.Parse(example, AsRead);
            Assert.Empty(Errors(configuration.RootElement));
        }
    }

    [Theory]
    [InlineData("""{ "Gateway": { "Stor": "Redis" } }""", "/Gateway/Stor is not allowed")]
    [InlineData("""{ "Gateway": { "Store": "Mongo" } }""", "/Gateway/Store is none of")]
    [InlineData("""{ "Gateway": { "ManagementPort": 0 } }""", "/Gateway/ManagementPort is out of range")]
    [InlineData("""{ "Gateway": { "DrainDelay": "5" } }""", "/Gateway/DrainDelay does not match")]
    [InlineData("""{ "Gateway": { "AccessLog": "yes" } }""", "/Gateway/AccessLog is not boolean")]
    [InlineData("""{ "Gateway": { "Policies": { "staff": { "Role": [ "a" ] } } } }""", "/Gateway/Policies/staff/Role is not allowed")]
    [InlineData("""{ "Gateway": { "Policies": { "p": { "Claims": { "plan": { "OneOf": "a" } } } } } }""", "/Gateway/Policies/p/Claims/plan/OneOf is not array")]
    [InlineData("""{ "Tokens": { "Claims": { "a": 1 } } }""", "/Tokens/Claims/a is not string")]
    [InlineData("""{ "Token": {} }""", "/Token is not allowed")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "r": { "ClusterId": "c", "Match": { "Path": "/a" }, "Metadata": { "Role": "a" } } } } }""", "/ReverseProxy/Routes/r/Metadata/Role is not allowed")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "r": { "Match": { "Path": "/a" } } } } }""", "/ReverseProxy/Routes/r/ClusterId is missing")]
    public void WhatIsWrong_IsFound(string configuration, string error)
    {
        using JsonDocument document = JsonDocument.Parse(configuration);
        Assert.StartsWith(error, Assert.Single(Errors(document.RootElement)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "OTEL_SERVICE_NAME": "aivo", "urls": "http://*:8080", "Gateway": { "Policies": { "p": { "RouteClaims": { "a": "b" }, "PassRoles": [ "x" ] } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "r": { "ClusterId": "c", "Match": { "Path": "/a", "Methods": [ "GET" ] }, "Metadata": { "Roles": "a" }, "Transforms": [ { "RequestHeader": "X-A", "Set": "b" } ] } } } }""")]
    public void WhatIsRight_Passes(string configuration)
    {
        using JsonDocument document = JsonDocument.Parse(configuration);
        Assert.Empty(Errors(document.RootElement));
    }

    private static IReadOnlyList<string> Errors(JsonElement configuration)
    {
        using JsonDocument schema = JsonDocument.Parse(RepositoryFiles.Read(SchemaDocument.Path));
        return SchemaValidator.Errors(schema.RootElement, configuration);
    }
}
