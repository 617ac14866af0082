using Aivo.Gateway.Tests.Rules;
using k8s.Models;

namespace Aivo.Gateway.Tests.Deploy;

public sealed class PodSecurityTests
{
    [Fact]
    public void EveryPodIsRestricted() =>
        Rule.Holds(Manifests.In(Manifests.Base).OfType<V1Deployment>().SelectMany(deployment =>
            PodSecurity.Violations(deployment.Spec.Template.Spec).Select(violation => $"{deployment.Metadata.Name}: {violation}")));

    [Fact]
    public void TheProductionPatch_LoosensNothing()
    {
        var patch = Manifests.Single<V1Deployment>(Manifests.Production, "aivo-gateway");
        V1PodSpec pod = patch.Spec.Template.Spec;
        Assert.Null(pod.SecurityContext);
        Assert.Null(pod.Volumes);
        Assert.Null(pod.HostNetwork);
        Assert.All(pod.Containers, container => Assert.Null(container.SecurityContext));
    }

    [Fact]
    public void TheNamespace_EnforcesTheRestrictedStandard() =>
        Assert.Equal("restricted", Manifests.Single<V1Namespace>(Manifests.Production, "aivo-gateway").Metadata.Labels["pod-security.kubernetes.io/enforce"]);

    public static TheoryData<string, string> Loosened => new()
    {
        { "runAsNonRoot: true", "may run as root" },
        { "runAsUser: 1654", "may run as root" },
        { "type: RuntimeDefault", "seccomp" },
        { "automountServiceAccountToken: false", "service account token" },
        { "allowPrivilegeEscalation: false", "privileges" },
        { "readOnlyRootFilesystem: true", "root file system" },
        { "drop: [\"ALL\"]", "capabilities" },
        { "memory: 512Mi", "memory limit" },
        { "readinessProbe:\n            httpGet: { path: /health/ready, port: management }\n            periodSeconds: 2\n            timeoutSeconds: 2\n            failureThreshold: 2", "probes" },
    };

    [Theory]
    [MemberData(nameof(Loosened))]
    public void ADeploymentWithoutALine_IsFound(string line, string expected)
    {
        string yaml = RepositoryFiles.Read($"{Manifests.Base}/deployment.yaml");
        Assert.Contains(line, yaml, StringComparison.Ordinal);
        Assert.Contains(Violations(yaml.Replace(line, "", StringComparison.Ordinal)), violation => violation.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("enableServiceLinks: false", "hostNetwork: true", "namespace of the host")]
    [InlineData("privileged: false", "privileged: true", "privileges")]
    [InlineData("drop: [\"ALL\"]", "drop: [\"ALL\"]\n              add: [\"NET_ADMIN\"]", "capabilities")]
    [InlineData("containerPort: 8080", "containerPort: 8080\n              hostPort: 80", "port of the host")]
    [InlineData("mountPath: /tmp", "mountPath: /tmp\n              subPath: a", "subPath")]
    [InlineData("emptyDir:\n            sizeLimit: 256Mi", "hostPath: { path: / }", "kind that is not allowed")]
    public void ADeploymentWithSomethingMore_IsFound(string line, string instead, string expected)
    {
        string yaml = RepositoryFiles.Read($"{Manifests.Base}/deployment.yaml");
        Assert.Contains(line, yaml, StringComparison.Ordinal);
        Assert.Contains(Violations(yaml.Replace(line, instead, StringComparison.Ordinal)), violation => violation.Contains(expected, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Violations(string yaml) =>
        PodSecurity.Violations(Assert.IsType<V1Deployment>(Assert.Single(Manifests.Parse(yaml))).Spec.Template.Spec);
}
