using Aivo.Gateway.Tests.Rules;
using k8s.Models;
using YamlDotNet.Core;

namespace Aivo.Gateway.Tests.Deploy;

public sealed class ManifestTests
{
    [Theory]
    [InlineData(Manifests.Base)]
    [InlineData(Manifests.Production)]
    [InlineData(Manifests.Examples)]
    public void EveryManifestHasOnlyFieldsThatKubernetesKnows(string folder) => Assert.NotEmpty(Manifests.In(folder));

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { port: [] }")]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [], readOnly: true } } }")]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: { name: a, name: b }")]
    public void AFieldKubernetesDoesNotKnow_IsFound(string yaml) => Assert.ThrowsAny<YamlException>(() => Manifests.Parse(yaml));

    [Theory]
    [InlineData(Manifests.Base)]
    [InlineData(Manifests.Production)]
    public void AKustomizationNamesExactlyTheFilesBesideIt(string folder)
    {
        IEnumerable<string> beside = RepositoryFiles.Below(folder, "*").Select(path => path[(folder.Length + 1)..]).Where(name => name != "kustomization.yaml");
        Assert.Equal(beside, Manifests.NamedBy(RepositoryFiles.Read($"{folder}/kustomization.yaml")));
    }

    [Fact]
    public void AKustomizationsFiles_AreReadFromEveryPlaceThatNamesSome() =>
        Assert.Equal(["a.yaml", "b.yaml", "c.json"], Manifests.NamedBy("resources: [../base, a.yaml]\npatches: [{ path: b.yaml }, { patch: x }]\nconfigMapGenerator: [{ name: m, files: [c.json] }]"));

    [Fact]
    public void ProbesAskTheManagementPort_AndOnlyThePublicPortIsInTheService()
    {
        V1Container container = Gateway().Spec.Template.Spec.Containers.Single();
        Assert.Equal([("http", 8080), ("management", 9090)], container.Ports.Select(port => (port.Name, port.ContainerPort)));
        Assert.Equal(("/health/live", "management"), Target(container.LivenessProbe));
        Assert.Equal(("/health/live", "management"), Target(container.StartupProbe));
        Assert.Equal(("/health/ready", "management"), Target(container.ReadinessProbe));
        Assert.Equal(["http"], Manifests.Single<V1Service>(Manifests.Base, "aivo-gateway").Spec.Ports.Select(port => port.TargetPort.Value));
        Assert.Equal(["http"], Manifests.In(Manifests.Production).OfType<V1Ingress>().SelectMany(ingress => ingress.Spec.Rules).SelectMany(rule => rule.Http.Paths).Select(path => path.Backend.Service.Port.Name));

        V1Service management = Manifests.Single<V1Service>(Manifests.Base, "aivo-gateway-management");
        Assert.Equal("None", management.Spec.ClusterIP);
        Assert.Equal(["management"], management.Spec.Ports.Select(port => port.TargetPort.Value));
    }

    [Fact]
    public void EveryServiceAndPolicySelectsPodsThatExist()
    {
        IReadOnlyList<object> items = Manifests.In(Manifests.Base);
        List<IDictionary<string, string>> pods = [.. items.OfType<V1Deployment>().Select(deployment => deployment.Spec.Template.Metadata.Labels)];
        IEnumerable<IDictionary<string, string>> selectors = items.OfType<V1Service>().Select(service => service.Spec.Selector)
            .Concat(items.OfType<V1NetworkPolicy>().Select(policy => policy.Spec.PodSelector.MatchLabels))
            .Concat(items.OfType<V1Deployment>().Select(deployment => deployment.Spec.Selector.MatchLabels));
        Assert.All(selectors, selector => Assert.Single(pods, labels => selector.All(labels.Contains)));
    }

    [Fact]
    public void OnePodAtATimeHasTheUsersVolume()
    {
        V1Deployment gateway = Gateway();
        Assert.Equal(1, gateway.Spec.Replicas);
        Assert.Equal("Recreate", gateway.Spec.Strategy.Type);
        Assert.Null(Manifests.Single<V1Deployment>(Manifests.Production, "aivo-gateway").Spec.Replicas);
        V1Volume data = Assert.Single(gateway.Spec.Template.Spec.Volumes, volume => volume.PersistentVolumeClaim is not null);
        Assert.Contains(Manifests.In(Manifests.Base).OfType<V1PersistentVolumeClaim>(), claim => claim.Metadata.Name == data.PersistentVolumeClaim.ClaimName);
    }

    [Fact]
    public void TheTrialRedisNeverEvicts()
    {
        IList<string> arguments = Manifests.Single<V1Deployment>(Manifests.Base, "aivo-gateway-redis").Spec.Template.Spec.Containers.Single().Args;
        Assert.Equal("noeviction", arguments[arguments.IndexOf("--maxmemory-policy") + 1]);
    }

    private static V1Deployment Gateway() => Manifests.Single<V1Deployment>(Manifests.Base, "aivo-gateway");

    private static (string Path, string Port) Target(V1Probe probe) => (probe.HttpGet.Path, probe.HttpGet.Port.Value);
}
