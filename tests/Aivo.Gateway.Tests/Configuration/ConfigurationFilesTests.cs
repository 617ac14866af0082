using Aivo.Gateway.Configuration;
using Aivo.Gateway.Hosting;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class ConfigurationFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void FileThatHasGone_IsAnError_ThoughItNeedNotHaveBeenThere()
    {
        File.WriteAllText(_directory.File("appsettings.json"), "{}");
        ConfigurationFiles start = ConfigurationSources.Read("Production", _directory.Path, null);
        File.Delete(_directory.File("appsettings.json"));

        ConfigurationFiles again = start.ReadAgain();

        Assert.False(again.SameAs(start));
        Assert.Contains("is not a file that exists", Errors(again), StringComparison.Ordinal);
        Assert.Equal("", Errors(start));
    }

    [Fact]
    public void FileThatHasCome_IsRead()
    {
        ConfigurationFiles start = ConfigurationSources.Read("Production", _directory.Path, null);
        Assert.True(start.ReadAgain().SameAs(start));
        File.WriteAllText(_directory.File("appsettings.Production.json"), """{ "Tokens": { "Audience": "came" } }""");

        ConfigurationFiles again = start.ReadAgain();

        Assert.False(again.SameAs(start));
        Assert.Equal("came", again.Build(new SettingReport())["Tokens:Audience"]);
    }

    [Fact]
    public void SameContent_IsTheSame_AndWhatWasReadStays()
    {
        File.WriteAllText(_directory.File("appsettings.json"), """{ "Tokens": { "Audience": "one" } }""");
        ConfigurationFiles start = ConfigurationSources.Read("Production", _directory.Path, null);
        File.WriteAllText(_directory.File("appsettings.json"), """{ "Tokens": { "Audience": "one" } }""");
        Assert.True(start.ReadAgain().SameAs(start));

        File.WriteAllText(_directory.File("appsettings.json"), """{ "Tokens": { "Audience": "two" } }""");

        Assert.False(start.ReadAgain().SameAs(start));
        Assert.Equal("one", start.Build(new SettingReport())["Tokens:Audience"]);
    }

    private static string Errors(ConfigurationFiles files)
    {
        var report = new SettingReport();
        files.Build(report);
        return string.Join('\n', report.Errors);
    }
}
