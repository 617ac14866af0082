using Aivo.Gateway.Tests.Configuration;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>
/// Wrong configurations as an operator meets them: the program itself, in Production, with a file. The whole table is tested in the
/// process elsewhere; here every fourth of it, and all that hold a secret.
/// </summary>
public sealed class BadConfigurationTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly SettingsUnderTest _settings = new();

    public BadConfigurationTests()
    {
        File.WriteAllText(Path.Combine(_settings.Folder, "signing", "test.pem"), KeyFolder.NewP256Pem());
        File.WriteAllBytes(Path.Combine(_settings.Folder, "refresh", "test.key"), System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
    }

    public void Dispose() => _settings.Dispose();

    [Fact]
    public async Task ConfigCheck_NamesTheSettingAndTheFix_OfEachOf30()
    {
        BadConfiguration[] chosen = Chosen();
        Assert.True(chosen.Length >= 30, $"{chosen.Length} configurations");
        await Parallel.ForEachAsync(chosen, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (bad, _) =>
        {
            (int exit, string output, string error) = await RunAsync(["config", "check"], bad.Changes);
            AssertRefused(bad, exit, output);
            Assert.True(output.Contains("\n1 error\n", StringComparison.Ordinal), $"{bad.Name}: {output}");
            Assert.Equal("", error);
        });
    }

    [Fact]
    public async Task Start_IsRefusedForTheSameReasons()
    {
        BadConfiguration[] chosen = [.. Chosen().Where((_, index) => index % 6 == 0), .. Chosen().Where(HasSecret).Take(1)];
        Assert.True(chosen.Length >= 5, $"{chosen.Length} configurations");
        await Parallel.ForEachAsync(chosen, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (bad, _) =>
        {
            (int exit, string output, string error) = await RunAsync([], bad.Changes);
            AssertRefused(bad, exit, error);
            Assert.Equal("", output);
        });
    }

    [Fact]
    public async Task EnvironmentOverridesTheFile_WhicheverWayItIsNamed()
    {
        string good = Write("good.json");
        string bad = Write("bad.json", ("Gateway:ManagementPort", "70000"));
        (string, string) production = ("DOTNET_ENVIRONMENT", "Production");
        (string, string) corrected = ("Gateway:ManagementPort", "9191");
        (string, string) spoilt = ("Gateway:ManagementPort", "70000");

        Assert.Equal(0, (await GatewayProcess.RunAsync(["config", "check", "--config", good], null, production)).ExitCode);
        Assert.Equal(0, (await GatewayProcess.RunAsync(["config", "check"], null, production, ("GATEWAY_CONFIG", good))).ExitCode);
        Assert.Equal(1, (await GatewayProcess.RunAsync(["config", "check"], null, production, ("GATEWAY_CONFIG", bad))).ExitCode);
        Assert.Equal(0, (await GatewayProcess.RunAsync(["config", "check"], null, production, ("GATEWAY_CONFIG", bad), corrected)).ExitCode);
        Assert.Equal(0, (await GatewayProcess.RunAsync(["config", "check", "--config", good], null, production, ("GATEWAY_CONFIG", bad))).ExitCode);
        Assert.Equal(1, (await GatewayProcess.RunAsync(["config", "check", "--config", good], null, production, spoilt)).ExitCode);
    }

    private static BadConfiguration[] Chosen() =>
        [.. BadSettings.All.Concat(BadRoutes.All).Concat(BadPolicies.All).Concat(BadCorsPolicies.All).Concat(BadClusters.All).Where((bad, index) => index % 4 == 0 || HasSecret(bad))];

    private static bool HasSecret(BadConfiguration bad) => bad.Changes.Any(change => change.Value?.Contains(Secret, StringComparison.Ordinal) == true);

    private static void AssertRefused(BadConfiguration bad, int exit, string said)
    {
        Assert.True(exit == 1, $"{bad.Name}: {exit} {said}");
        foreach (string expected in new[] { bad.ExpectedKey, bad.ExpectedFragment })
        {
            Assert.True(said.Contains(expected, StringComparison.Ordinal), $"{bad.Name}: '{expected}' is missing in: {said}");
        }

        Assert.False(said.Contains("   at ", StringComparison.Ordinal) || said.Contains("Exception", StringComparison.Ordinal), $"{bad.Name}: {said}");
        Assert.False(said.Contains(Secret, StringComparison.Ordinal), $"{bad.Name} prints the secret");
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments, (string Key, string? Value)[] changes) =>
        GatewayProcess.RunAsync([.. arguments, "--config", Write($"{Guid.CreateVersion7():N}.json", changes)], null, ("DOTNET_ENVIRONMENT", "Production"));

    private string Write(string name, params (string Key, string? Value)[] changes)
    {
        var values = new Dictionary<string, string?>(SettingsUnderTest.Production, StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in changes)
        {
            values[key] = value;
        }

        string file = Path.Combine(_settings.Folder, name);
        File.WriteAllText(file, SettingsUnderTest.Nested(values).ToJsonString().Replace("{dir}", _settings.Folder, StringComparison.Ordinal));
        return file;
    }
}
