using System.Globalization;
using System.Text.Json;
using Aivo.Gateway.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;

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
    /// Adds, each overriding those before: development defaults (Development only), appsettings.json and appsettings.{Environment}.json
    /// in the program's folder, the file of <paramref name="configFile"/> or GATEWAY_CONFIG, environment variables. Nothing is read
    /// again later: a change takes a restart. A file that cannot be read is reported and left out.
    /// </summary>
    /// <param name="baseDirectory">The program's folder: the content root is the project's folder under <c>dotnet run</c>.</param>
    public static void Add(IConfigurationBuilder builder, string environmentName, string baseDirectory, string? configFile, SettingReport report)
    {
        if (IsDevelopment(environmentName))
        {
            builder.Add(new MemoryConfigurationSource { InitialData = DevelopmentDefaults.Values });
        }

        foreach (string file in new[] { "appsettings.json", $"appsettings.{environmentName}.json" }.Select(name => Path.Combine(baseDirectory, name)).Where(File.Exists))
        {
            AddFile(builder, file, file, report);
        }

        if (configFile is not null)
        {
            AddFile(builder, "--config", Path.GetFullPath(configFile), report);
        }
        else if (Variable(FileVariable) is { } named)
        {
            AddFile(builder, FileVariable, Path.GetFullPath(named), report);
        }

        builder.Add(new EnvironmentVariablesConfigurationSource { Prefix = "DOTNET_" });
        builder.Add(new EnvironmentVariablesConfigurationSource { Prefix = "ASPNETCORE_" });
        builder.Add(new EnvironmentVariablesConfigurationSource());
    }

    /// <summary>The whole configuration, for a check without a host.</summary>
    public static IConfigurationRoot Build(string environmentName, string baseDirectory, string? configFile, SettingReport report)
    {
        var builder = new ConfigurationBuilder();
        Add(builder, environmentName, baseDirectory, configFile, report);
        return builder.Build();
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static void AddFile(IConfigurationBuilder builder, string key, string file, SettingReport report)
    {
        if (Problem(file) is { } problem)
        {
            report.Add(new SettingError(key, key == file ? null : file, problem, "Correct the file or the path; then check again, since its settings were left out."));
            return;
        }

        builder.Add(Source(file));
    }

    private static JsonConfigurationSource Source(string file) => new()
    {
        // Files whose name begins with a dot are files too: a mounted secret may be one.
        FileProvider = new PhysicalFileProvider(Path.GetDirectoryName(file)!, ExclusionFilters.None),
        Path = Path.GetFileName(file),
        Optional = false,
        ReloadOnChange = false,
    };

    private static string? Problem(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
                AllowDuplicateProperties = false,
            });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return "is not a JSON object.";
            }

            using var provider = new JsonConfigurationProvider(Source(file));
            provider.Load();
            return null;
        }
        catch (JsonException exception) when (exception.LineNumber is { } line)
        {
            return string.Create(CultureInfo.InvariantCulture, $"is not valid JSON at line {line + 1}, byte {exception.BytePositionInLine + 1}.");
        }
        catch (JsonException)
        {
            return "is not valid JSON: an object has the same member twice.";
        }
        catch (InvalidDataException)
        {
            return "names a setting twice, in two spellings.";
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return "is not a file that exists.";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read by this process ({exception.GetType().Name}).";
        }
    }
}
