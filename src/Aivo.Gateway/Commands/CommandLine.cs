using System.CommandLine;
using Aivo.Gateway.Hosting;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Commands;

/// <summary>
/// The program's command line. Without a command it runs the gateway. Exit codes: 0 done, 1 refused (standard error says what to do),
/// 2 a line that does not parse.
/// </summary>
internal static class CommandLine
{
    private const int Refused = 1;
    private const int Usage = 2;

    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        ParseResult parsed = Create(error).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var problem in parsed.Errors)
            {
                await error.WriteLineAsync(problem.Message);
            }

            await error.WriteLineAsync("aivo-gateway --help lists the commands and options.");
            return Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
    }

    private static RootCommand Create(TextWriter error)
    {
        var config = new Option<string?>("--config")
        {
            Description = "A further JSON configuration file; GATEWAY_CONFIG names one too.",
            HelpName = "path",
            Recursive = true,
        };
        var root = new RootCommand("Aivo Gateway: an authenticating reverse proxy. Without a command it runs the gateway.") { config };
        root.SetAction((parsed, cancellationToken) => RefusableAsync(error, async () =>
        {
            await GatewayHost.RunAsync(parsed.GetValue(config), cancellationToken);
            return 0;
        }));
        root.Add(ConfigCommand.Create(GatewayHost.Check, config));
        root.Add(RoutesCommand.Create(GatewayHost.Routes, config));
        root.Add(UsersCommand.Create(
            (parsed, cancellationToken) => GatewayHost.OpenUsersAsync(parsed.GetValue(config), cancellationToken),
            (parsed, user, cancellationToken) => SessionAdministration.EndAsync(parsed.GetValue(config), user, cancellationToken)));
        return root;
    }

    private static async Task<int> RefusableAsync(TextWriter error, Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (ConfigurationRefusedException refused)
        {
            ConfigCommand.Print(refused.Errors, error);
            await error.WriteLineAsync("The gateway does not start. docs/configuration.md lists every setting.");
            return Refused;
        }
        catch (IOException problem) when (problem is not FileNotFoundException)
        {
            // A port in use is the common case; Kestrel's message names the address.
            await error.WriteLineAsync(problem.Message);
            return Refused;
        }
    }
}
