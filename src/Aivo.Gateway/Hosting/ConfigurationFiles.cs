using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Hosting;

/// <summary>The JSON files of the configuration as they were at one moment, in their order: each overrides those before it.</summary>
internal sealed record ConfigurationFiles(string EnvironmentName, IReadOnlyList<ConfigurationFile> Files)
{
    /// <summary>
    /// Reads the same files again. What was there before has to be there: that a file has vanished would else be read as that its settings
    /// have been taken back. One that was not may have come.
    /// </summary>
    public ConfigurationFiles ReadAgain() =>
        this with { Files = [.. Files.Select(file => ConfigurationFile.Read(file.Key, file.Path, optional: file is { Content: null, Unreadable: null }))] };

    public bool SameAs(ConfigurationFiles other) =>
        Files.Count == other.Files.Count && Files.Zip(other.Files).All(pair => pair.First.SameAs(pair.Second));

    /// <summary>The whole configuration with the files as they were, for a check without a host.</summary>
    public IConfigurationRoot Build(SettingReport report)
    {
        var builder = new ConfigurationBuilder();
        ConfigurationSources.Add(builder, this, report);
        return builder.Build();
    }
}
