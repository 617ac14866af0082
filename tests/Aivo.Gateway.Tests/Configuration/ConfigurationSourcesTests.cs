using Aivo.Gateway.Configuration;
using Aivo.Gateway.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class ConfigurationSourcesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aivo-sources-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void LaterFiles_OverrideEarlierOnes()
    {
        Write("appsettings.json", """{ "Tokens": { "Audience": "a", "ClientId": "a", "Issuer": "https://a" } }""");
        Write("appsettings.Development.json", """{ "Tokens": { "Audience": "b", "ClientId": "b" } }""");
        string further = Write(".further.json", """{ "Tokens": { "Audience": "c" } } // a comment""");

        IConfigurationRoot configuration = Build("Development", further, out SettingReport report);

        Assert.Empty(report.Errors);
        Assert.Equal(("c", "b", "https://a", "Memory"), (configuration["Tokens:Audience"], configuration["Tokens:ClientId"], configuration["Tokens:Issuer"], configuration["Gateway:Store"]));
    }

    [Fact]
    public void EnvironmentVariables_ComeLastAndPlainOnesWin()
    {
        // A name of its own: the variables of the process are those of every other test too.
        const string Variable = "AivoTest__EnvironmentVariables__ComeLast";
        Environment.SetEnvironmentVariable(Variable, "environment");
        Write("appsettings.json", "{}");
        var builder = new ConfigurationBuilder();
        string further = Write("further.json", """{ "AivoTest": { "EnvironmentVariables": { "ComeLast": "file" } } }""");
        ConfigurationSources.Add(builder, ConfigurationSources.Read("Development", _folder.FullName, further), new SettingReport());

        Assert.Equal("environment", builder.Build()["AivoTest:EnvironmentVariables:ComeLast"]);
        Environment.SetEnvironmentVariable(Variable, null);

        Assert.Equal(
            ["MemoryConfigurationProvider", "JsonStreamConfigurationProvider", "JsonStreamConfigurationProvider", "EnvironmentVariablesConfigurationProvider", "EnvironmentVariablesConfigurationProvider", "EnvironmentVariablesConfigurationProvider"],
            builder.Build().Providers.Select(provider => provider.GetType().Name));
        Assert.Equal(["DOTNET_", "ASPNETCORE_", null], builder.Sources.OfType<EnvironmentVariablesConfigurationSource>().Select(source => source.Prefix));
    }

    [Fact]
    public void DevelopmentDefaults_DoNotExistOutsideDevelopment()
    {
        Assert.Null(Build("Production", null, out _)["Gateway:Store"]);
        Assert.Null(Build("Staging", null, out _)["ReverseProxy:Routes:demo:ClusterId"]);
        Assert.Equal("sample", Build("development", null, out _)["ReverseProxy:Routes:demo:ClusterId"]);
    }

    [Theory]
    [InlineData("{\n  \"Tokens\": {\n    \"Audience\": aivo\n  }\n}", "line 3")]
    [InlineData("{ \"Tokens\": {", "line 1")]
    [InlineData("", "line 1")]
    [InlineData("[]", "is not a JSON object")]
    [InlineData("{ \"Tokens\": {}, \"Tokens\": {} }", "twice")]
    [InlineData("{ \"Tokens\": { \"Audience\": \"a\" }, \"tokens\": { \"audience\": \"b\" } }", "two spellings")]
    public void AFileThatIsNotAConfiguration_IsOneErrorWithItsPlace(string content, string fragment)
    {
        string file = Write("bad.json", content);

        Build("Production", file, out SettingReport report);

        SettingError error = Assert.Single(report.Errors);
        Assert.Equal(("--config", file), (error.Key, error.Value));
        Assert.Contains(fragment, error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFile_IsAnError()
    {
        Build("Production", Path.Combine(_folder.FullName, "nowhere", "missing.json"), out SettingReport report);
        Assert.Contains("is not a file that exists", Assert.Single(report.Errors).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ABrokenAppsettings_IsNamedAndTheOthersAreStillRead()
    {
        string broken = Write("appsettings.json", "{ nonsense }");
        string further = Write("further.json", """{ "Tokens": { "Audience": "c" } }""");

        IConfigurationRoot configuration = Build("Production", further, out SettingReport report);

        Assert.Equal(broken, Assert.Single(report.Errors).Key);
        Assert.Equal("c", configuration["Tokens:Audience"]);
    }

    [Fact]
    public void UnknownSections_AreRefusedInFilesAlone()
    {
        var report = new SettingReport();
        IConfigurationRoot fromElsewhere = new ConfigurationBuilder().AddInMemoryCollection(DevelopmentDefaults.Values).AddInMemoryCollection([new("KUBERNETES_PORT", "tcp://10.0.0.1:443")]).AddEnvironmentVariables().Build();
        FrameworkSections.Check(fromElsewhere, report);
        Assert.Empty(report.Errors);

        string file = Write("further.json", """{ "$schema": "x", "OTEL_SERVICE_NAME": "aivo", "Kuber": 1, "allowedhosts": "a" }""");
        FrameworkSections.Check(Build("Development", file, out _), report);
        Assert.Equal("Kuber", Assert.Single(report.Errors).Key);
    }

    private IConfigurationRoot Build(string environment, string? file, out SettingReport report)
    {
        report = new SettingReport();
        return ConfigurationSources.Build(environment, _folder.FullName, file, report);
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }
}
