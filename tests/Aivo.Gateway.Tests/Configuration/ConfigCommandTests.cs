using System.CommandLine;
using Aivo.Gateway.Commands;
using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class ConfigCommandTests
{
    [Fact]
    public void AValidConfiguration_ExitsWithZero()
    {
        (int code, string output, var asked) = Run([], "check", "--environment", "Staging", "--config", "/etc/aivo.json");

        Assert.Equal((0, "configuration is valid"), (code, output.TrimEnd()));
        Assert.Equal(("Staging", "/etc/aivo.json"), asked);
    }

    [Fact]
    public void EveryError_IsPrintedAndCounted()
    {
        (int code, string output, _) = Run([new("Tokens:Issuer", null, "is not set.", "Set it."), new("Gateway:Store", "Mongo", "is not one of the choices.", "Set Redis.")], "check");

        Assert.Equal(1, code);
        Assert.Equal(
            ["Tokens:Issuer", "  is not set.", "  Set it.", "Gateway:Store = 'Mongo'", "  is not one of the choices.", "  Set Redis.", "2 errors"],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')));
    }

    [Fact]
    public void WithoutOptions_TheEnvironmentIsTheHosts()
    {
        (_, _, var asked) = Run([], "check");
        Assert.Equal((Aivo.Gateway.Hosting.ConfigurationSources.EnvironmentName, null), asked);
    }

    [Fact]
    public void AnUnknownOption_IsNotAccepted()
    {
        (int code, _, var asked) = Run([], "check", "--enviroment", "Staging");
        Assert.NotEqual(0, code);
        Assert.Null(asked);
    }

    private static (int Code, string Output, (string Environment, string? File)? Asked) Run(SettingError[] errors, params string[] arguments)
    {
        (string, string?)? asked = null;
        var config = new Option<string?>("--config") { Recursive = true };
        Command command = ConfigCommand.Create((environment, file) =>
        {
            asked = (environment, file);
            return errors;
        }, config);
        command.Options.Add(config);
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = command.Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), asked);
    }
}
