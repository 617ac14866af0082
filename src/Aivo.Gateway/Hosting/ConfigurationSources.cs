using Aivo.Gateway.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Memory;

namespace Aivo.Gateway.Hosting;

/// <summary>Where the configuration comes from, one order for the running gateway and for <c>config check</c>.</summary>
internal static class ConfigurationSources
{
    /// <summary>Names a further JSON file, as <c>--config</c> does, which wins over it.</summary>
    public const string FileVariable = "GATEWAY_CONFIG";

    /// <summary>As ASP.NET Core decides it: ASPNETCORE_ENVIRONMENT, else DOTNET_ENVIRONMENT, else Production.</summary>
    public static string EnvironmentName =>
        Variable("ASPNETCORE_ENVIRONMENT") ?? Variable("DOTNET_ENVIRONMENT") ?? Environments.Production;

    public static bool IsDevelopment(string environmentName) => environmentName.Equals(Environments.Development, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The files that the configuration is read from, as they are now: appsettings.json and appsettings.{Environment}.json in the program's
    /// folder where they are there, then the file of <paramref name="configFile"/> or GATEWAY_CONFIG.
    /// </summary>
    /// <param name="baseDirectory">The program's folder: the content root is the project's folder under <c>dotnet run</c>.</param>
    public static ConfigurationFiles Read(string environmentName, string baseDirectory, string? configFile)
    {
        List<ConfigurationFile> files = [];
        foreach (string path in new[] { "appsettings.json", $"appsettings.{environmentName}.json" }.Select(name => Path.Combine(baseDirectory, name)))
        {
            files.Add(ConfigurationFile.Read(path, path, optional: true));
        }

        if (configFile is not null)
        {
            files.Add(ConfigurationFile.Read("--config", Path.GetFullPath(configFile), optional: false));
        }
        else if (Variable(FileVariable) is { } named)
        {
            files.Add(ConfigurationFile.Read(FileVariable, Path.GetFullPath(named), optional: false));
        }

        return new ConfigurationFiles(environmentName, files);
    }

    /// <summary>
    /// Adds, each overriding those before: development defaults (Development only), the files, environment variables. What is added never
    /// changes: a reload reads everything anew. A file that cannot be read is reported and left out.
    /// </summary>
    public static void Add(IConfigurationBuilder builder, ConfigurationFiles files, SettingReport report)
    {
        if (IsDevelopment(files.EnvironmentName))
        {
            builder.Add(new MemoryConfigurationSource { InitialData = DevelopmentDefaults.Values });
        }

        foreach (ConfigurationFile file in files.Files)
        {
            file.AddTo(builder, report);
        }

        builder.Add(new EnvironmentVariablesConfigurationSource { Prefix = "DOTNET_" });
        builder.Add(new EnvironmentVariablesConfigurationSource { Prefix = "ASPNETCORE_" });
        builder.Add(new EnvironmentVariablesConfigurationSource());
    }

    /// <summary>The whole configuration, for a check without a host.</summary>
    public static IConfigurationRoot Build(string environmentName, string baseDirectory, string? configFile, SettingReport report) =>
        Read(environmentName, baseDirectory, configFile).Build(report);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
