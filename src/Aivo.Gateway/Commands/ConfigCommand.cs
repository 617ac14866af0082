using System.CommandLine;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Hosting;

namespace Aivo.Gateway.Commands;

/// <summary><c>config check</c>: the whole check of a start, offline. Exit code 0 when the configuration is valid, else 1.</summary>
internal static class ConfigCommand
{
    /// <summary>Every error of the configuration that a start in this environment with this <c>--config</c> file would find.</summary>
    public delegate IReadOnlyList<SettingError> Check(string environmentName, string? configFile);

    /// <param name="file">The program's own <c>--config</c>.</param>
    public static Command Create(Check check, Option<string?> file)
    {
        var environment = new Option<string?>("--environment")
        {
            Description = "The environment to check for; ASPNETCORE_ENVIRONMENT, DOTNET_ENVIRONMENT or Production when not given.",
            HelpName = "NAME",
        };
        var command = new Command("check", "Checks the configuration without starting anything and prints every error.") { environment };
        command.SetAction(result =>
        {
            IReadOnlyList<SettingError> errors = check(result.GetValue(environment) ?? ConfigurationSources.EnvironmentName, result.GetValue(file));
            Print(errors, result.InvocationConfiguration.Output);
            return errors.Count == 0 ? 0 : 1;
        });
        return new Command("config", "Works on the configuration.") { command };
    }

    /// <summary>A block of lines per error, then the count; the start prints the same.</summary>
    public static void Print(IReadOnlyList<SettingError> errors, TextWriter output)
    {
        foreach (SettingError error in errors)
        {
            output.WriteLine(error.Subject);
            if (error.Place is not null)
            {
                output.WriteLine($"  {error.Place}");
            }

            output.WriteLine($"  {error.Problem}");
            output.WriteLine($"  {error.Fix}");
        }

        output.WriteLine(errors.Count switch
        {
            0 => "configuration is valid",
            1 => "1 error",
            int count => $"{count} errors",
        });
    }
}
