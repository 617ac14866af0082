using Aivo.Gateway.Configuration;
using Aivo.Gateway.Hosting;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

/// <summary>docs/configuration.md has a table per section, made from the calls that read the settings.</summary>
public sealed class DocumentationTests
{
    public static TheoryData<string> Sections => [.. Descriptions().GroupBy(SectionOf).Select(section => section.Key)];

    [Theory]
    [MemberData(nameof(Sections))]
    public void EverySetting_IsDocumentedAsItIsRead(string section)
    {
        string table = Table(section);
        Assert.True(Documentation().Contains($"\n{table}\n\n", StringComparison.Ordinal), $"docs/configuration.md needs this table:\n\n{table}\n");
    }

    [Fact]
    public void NoSetting_IsDocumentedThatDoesNotExist()
    {
        HashSet<string> real = [.. Descriptions().Select(setting => setting.Key)];
        HashSet<string> sections = [.. Descriptions().Select(SectionOf)];
        IEnumerable<string> documented = Documentation().Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1])
            .Where(key => sections.Contains(key.Split(':')[0]));
        Assert.Empty(documented.Except(real));
    }

    [Fact]
    public void TheProductionExample_IsValidButForItsFiles()
    {
        string example = Documentation().Split("```json\n")[1].Split("```")[0]
            .Replace("/etc/aivo-gateway", "{dir}/missing", StringComparison.Ordinal)
            .Replace("/var/lib/aivo-gateway", "{dir}/missing", StringComparison.Ordinal);
        using var settings = new SettingsUnderTest();

        (_, SettingReport report) = settings.ReadJson(development: false, example, """{ "Redis": { "Configuration": "redis:6379,password=x" } }""");

        Assert.All(report.Errors, error => Assert.Contains("exist", error.Problem, StringComparison.Ordinal));
        Assert.Equal(["Redis:CaFile", "Tokens:SigningKeys", "Tokens:RefreshKeys", "Users:ConnectionString"], report.Errors.Select(error => error.Key));
    }

    private static string Table(string section) => string.Join('\n', (string[])
    [
        "| setting | type | default | range | effect |",
        "|---|---|---|---|---|",
        .. Descriptions().Where(setting => SectionOf(setting) == section).Select(setting =>
            $"| `{setting.Key}` | {setting.Type} | {Code(setting.Default)} | {setting.Range?.Replace("|", "\\|", StringComparison.Ordinal)} | {setting.Effect} |"),
    ]);

    private static string Code(string? @default) => @default is null ? "not set" : @default.Contains(' ', StringComparison.Ordinal) || @default == "empty" ? @default : $"`{@default}`";

    private static string SectionOf(SettingDescription setting) => setting.Key.Split(':')[0];

    private static IReadOnlyList<SettingDescription> Descriptions()
    {
        var report = new SettingReport();
        GatewaySettings.Read(new ConfigurationBuilder().Build(), development: true, report);
        return report.Descriptions;
    }

    private static string Documentation()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Aivo.Gateway.sln")))
        {
            folder = folder.Parent;
        }

        return File.ReadAllText(Path.Combine(folder!.FullName, "docs", "configuration.md"));
    }
}
