using System.CommandLine;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Hosting;

namespace Aivo.Gateway.Commands;

/// <summary>
/// <c>routes</c>: every route with what applies to it; <c>routes METHOD PATH</c>: which of them a request takes, and why not the others.
/// Offline. Exit code 0, or 1 where the configuration has errors or the request would reach no route.
/// </summary>
internal static class RoutesCommand
{
    /// <summary>The errors of the configuration for an environment and a <c>--config</c> file; where there are none, its routes.</summary>
    public delegate (IReadOnlyList<SettingError> Errors, RouteTable? Table) Load(string environmentName, string? configFile);

    /// <param name="file">The program's own <c>--config</c>.</param>
    public static Command Create(Load load, Option<string?> file)
    {
        var method = new Argument<string?>("method") { Description = "A request's method, such as GET.", Arity = ArgumentArity.ZeroOrOne, HelpName = "METHOD" };
        var path = new Argument<string?>("path") { Description = "Its path, with a query if need be.", Arity = ArgumentArity.ZeroOrOne, HelpName = "PATH" };
        var host = new Option<string>("--host") { Description = "Its Host, without a port unless routes ask for one.", HelpName = "NAME", DefaultValueFactory = _ => "localhost" };
        var header = new Option<string[]>("--header") { Description = "A header; may be repeated.", HelpName = "name: value" };
        var environment = new Option<string?>("--environment")
        {
            Description = "The environment to read for; ASPNETCORE_ENVIRONMENT, DOTNET_ENVIRONMENT or Production when not given.",
            HelpName = "NAME",
        };
        header.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !token.Value.Contains(':', StringComparison.Ordinal)))
            {
                result.AddError($"'{token.Value}' is not a header: write \"name: value\".");
            }
        });
        var command = new Command("routes", "Prints the routes of the configuration, or which of them a request takes and why. Starts nothing.") { method, path, host, header, environment };
        command.Validators.Add(result =>
        {
            if (result.GetValue(method) is not null && result.GetValue(path)?.StartsWith('/') != true)
            {
                result.AddError("Write a method and a path that begins with '/', such as: routes GET /orders/1");
            }
        });
        command.SetAction(result =>
        {
            TextWriter output = result.InvocationConfiguration.Output;
            (IReadOnlyList<SettingError> errors, RouteTable? table) = load(result.GetValue(environment) ?? ConfigurationSources.EnvironmentName, result.GetValue(file));
            if (table is null)
            {
                ConfigCommand.Print(errors, result.InvocationConfiguration.Error);
                return 1;
            }

            if (result.GetValue(method) is not { } verb)
            {
                Print(table, output);
                return 0;
            }

            string[] target = result.GetValue(path)!.Split('?', 2);
            KeyValuePair<string, string>[] headers =
                [.. (result.GetValue(header) ?? []).Select(text => text.Split(':', 2)).Select(parts => KeyValuePair.Create(parts[0].Trim(), parts[1].Trim()))];
            return Try(table, new TriedRequest(verb, target[0], target.Length > 1 ? "?" + target[1] : "", result.GetValue(host)!, headers), output);
        });
        return command;
    }

    private static void Print(RouteTable table, TextWriter output)
    {
        int count = 0;
        foreach (RouteDescription route in table.Routes)
        {
            Print(route, output);
            count++;
        }

        output.WriteLine(count == 1 ? "1 route" : $"{count} routes");
    }

    private static void Print(RouteDescription route, TextWriter output)
    {
        output.WriteLine(route.Name);
        foreach (string line in route.Lines)
        {
            output.WriteLine($"  {line}");
        }
    }

    private static int Try(RouteTable table, TriedRequest request, TextWriter output)
    {
        (RouteChoice choice, IReadOnlyList<(string Route, string Reason)> others) = table.Try(request);
        output.WriteLine($"{request.Method} {request.Path}: {choice.Refusal ?? $"route {choice.Route}"}");
        if (choice.Route is { } route)
        {
            Print(table.Description(route), output);
            foreach ((string name, string value) in choice.Values)
            {
                output.WriteLine($"  {{{name}}}: {value}");
            }
        }

        foreach ((string other, string reason) in others)
        {
            output.WriteLine($"not {other}: {reason}");
        }

        return choice.Route is null ? 1 : 0;
    }
}
