using System.Globalization;
using System.Text;
using System.Text.Json;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Hosting;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Tests.Rules;
using k8s.Models;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Deploy;

/// <summary>The appsettings.json of the manifests against the check that the program makes at start.</summary>
public sealed class DeployedConfigurationTests : IDisposable
{
    private readonly DirectoryInfo _mounts = Directory.CreateTempSubdirectory("aivo-deploy-");

    public void Dispose() => _mounts.Delete(recursive: true);

    [Theory]
    [InlineData(Manifests.Base)]
    [InlineData(Manifests.Production)]
    public void TheSettingsAreOnesTheProgramTakes(string folder) => Rule.Holds(Errors(Settings(folder)));

    [Theory]
    [InlineData("\"Store\": \"Redis\"", "\"Store\": \"Reddis\"", "Gateway:Store")]
    [InlineData("\"ShutdownTimeout\": \"00:00:30\"", "\"ShutdownTimeout\": \"30\"", "Gateway:ShutdownTimeout")]
    [InlineData("\"Tokens\":", "\"Token\":", "Token")]
    [InlineData("\"AuthorizationPolicy\": \"default\",", "", "ReverseProxy:Routes:orders:AuthorizationPolicy")]
    [InlineData("\"AllowedHosts\": \"", "\"AllowedHosts\": \"*", "AllowedHosts")]
    [InlineData("\"Provider\": \"Sqlite\"", "", "Users:Provider")]
    public void AWrongSetting_IsFound(string right, string wrong, string key)
    {
        string settings = Settings(Manifests.Base);
        Assert.Contains(right, settings, StringComparison.Ordinal);
        Assert.Contains(Errors(settings.Replace(right, wrong, StringComparison.Ordinal)), error => error.StartsWith($"{key}:", StringComparison.Ordinal) || error.StartsWith($"{key} = ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Manifests.Base)]
    [InlineData(Manifests.Production)]
    public void TheGracePeriodCoversDrainingAndStopping(string folder)
    {
        JsonElement gateway = JsonDocument.Parse(Settings(folder)).RootElement.GetProperty("Gateway");
        TimeSpan needed = TimeSpan.Parse(gateway.GetProperty("DrainDelay").GetString()!, CultureInfo.InvariantCulture)
            + TimeSpan.Parse(gateway.GetProperty("ShutdownTimeout").GetString()!, CultureInfo.InvariantCulture);
        long? grace = Manifests.Single<V1Deployment>(Manifests.Base, "aivo-gateway").Spec.Template.Spec.TerminationGracePeriodSeconds;
        Assert.True(grace > needed.TotalSeconds, $"terminationGracePeriodSeconds is {grace}, draining and stopping may take {needed.TotalSeconds} s");
        Assert.Null(Manifests.Single<V1Deployment>(Manifests.Production, "aivo-gateway").Spec.Template.Spec.TerminationGracePeriodSeconds);
    }

    [Theory]
    [InlineData(Manifests.Base)]
    [InlineData(Manifests.Production)]
    public void EveryPathInTheSettingsIsMounted(string folder)
    {
        V1Container container = Manifests.Single<V1Deployment>(Manifests.Base, "aivo-gateway").Spec.Template.Spec.Containers.Single();
        HashSet<string?> mounted = [.. container.VolumeMounts.Select(mount => mount.MountPath)];
        JsonElement root = JsonDocument.Parse(Settings(folder)).RootElement;
        Assert.Contains(root.GetProperty("Gateway").GetProperty("DataDirectory").GetString(), mounted);
        Assert.Contains(root.GetProperty("Tokens").GetProperty("SigningKeys").GetString(), mounted);
        Assert.Contains(root.GetProperty("Tokens").GetProperty("RefreshKeys").GetString(), mounted);
        Assert.Equal(["--config", "/etc/aivo-gateway/appsettings.json"], container.Args);
        Assert.Contains("/etc/aivo-gateway", mounted);
    }

    [Fact]
    public void EverySecretOfTheDeployment_HasAnExampleThatTheProgramRefuses()
    {
        Dictionary<string, V1Secret> examples = Manifests.In(Manifests.Examples).OfType<V1Secret>().ToDictionary(secret => secret.Metadata.Name);
        V1PodSpec pod = Manifests.Single<V1Deployment>(Manifests.Base, "aivo-gateway").Spec.Template.Spec;
        IEnumerable<string> used = pod.Volumes.Where(volume => volume.Secret is not null).Select(volume => volume.Secret.SecretName)
            .Concat(pod.Containers.Single().Env.Where(variable => variable.ValueFrom?.SecretKeyRef is not null).Select(variable => variable.ValueFrom.SecretKeyRef.Name));
        Assert.Equal(examples.Keys.Order(), used.Order());

        Assert.All(examples["aivo-gateway-signing-keys"].StringData, key => Assert.DoesNotContain("-----BEGIN", key.Value, StringComparison.Ordinal));
        Assert.All(examples["aivo-gateway-refresh-keys"].StringData, key => Assert.NotEqual(32, Encoding.UTF8.GetByteCount(key.Value)));
        IConfiguration section = new ConfigurationBuilder().AddInMemoryCollection([new("Configuration", examples["aivo-gateway-redis"].StringData["configuration"])]).Build();
        Assert.Equal("Configuration", RedisConfiguration.Problem(RedisOptions.Read(new SettingReader(section, "Redis", new SettingReport())))?.Setting);
        Assert.DoesNotContain("secret", string.Join(' ', Manifests.NamedBy(RepositoryFiles.Read($"{Manifests.Base}/kustomization.yaml"))), StringComparison.OrdinalIgnoreCase);
    }

    private static string Settings(string folder) => RepositoryFiles.Read($"{folder}/appsettings.json");

    /// <summary>As in the pod: the file of --config, what the environment sets, and the mounts, which here are an empty directory.</summary>
    private List<string> Errors(string settings)
    {
        string file = Path.Combine(_mounts.FullName, "appsettings.json");
        File.WriteAllText(file, settings);
        IConfiguration configuration = new ConfigurationBuilder()
            .AddJsonFile(file)
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["urls"] = "http://+:8080",
                ["Redis:Configuration"] = "redis.example.com:6380",
                ["Tokens:SigningKeys"] = _mounts.FullName,
                ["Tokens:RefreshKeys"] = _mounts.FullName,
            })
            .Build();
        var report = new SettingReport();
        GatewaySettings gateway = GatewaySettings.Read(configuration, development: false, report);
        CheckedConfiguration.CheckRoutes(configuration, gateway, report);
        return [.. report.Errors.Select(error => error.ToString())];
    }
}
