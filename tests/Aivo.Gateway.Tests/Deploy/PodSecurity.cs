using k8s.Models;

namespace Aivo.Gateway.Tests.Deploy;

/// <summary>
/// Kubernetes' restricted pod security standard, and what this project asks for beyond it: a read-only root file system, no service
/// account token, a memory limit, and probes.
/// </summary>
internal static class PodSecurity
{
    private static readonly string[] AllowedVolumes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

    public static IEnumerable<string> Violations(V1PodSpec pod)
    {
        V1PodSecurityContext? context = pod.SecurityContext;
        if (pod.HostNetwork == true || pod.HostPID == true || pod.HostIPC == true)
        {
            yield return "shares a namespace of the host";
        }

        if (context?.RunAsNonRoot != true || context.RunAsUser is null or 0)
        {
            yield return "may run as root";
        }

        if (context?.SeccompProfile?.Type != "RuntimeDefault")
        {
            yield return "has no seccomp profile";
        }

        if (pod.AutomountServiceAccountToken != false)
        {
            yield return "mounts a service account token";
        }

        foreach (V1Volume volume in pod.Volumes ?? [])
        {
            if (!AllowedVolumes.Contains(KindOf(volume)))
            {
                yield return $"volume {volume.Name} is of a kind that is not allowed";
            }
        }

        foreach (V1Container container in (pod.InitContainers ?? []).Concat(pod.Containers))
        {
            foreach (string violation in Violations(container))
            {
                yield return $"container {container.Name} {violation}";
            }
        }
    }

    private static IEnumerable<string> Violations(V1Container container)
    {
        V1SecurityContext? context = container.SecurityContext;
        if (context?.AllowPrivilegeEscalation != false || context.Privileged == true)
        {
            yield return "may gain privileges";
        }

        if (context?.ReadOnlyRootFilesystem != true)
        {
            yield return "may write to its root file system";
        }

        if (context?.Capabilities?.Drop?.Contains("ALL") != true || context.Capabilities.Add is { Count: > 0 })
        {
            yield return "keeps capabilities";
        }

        if (context?.RunAsUser == 0 || context?.RunAsNonRoot == false)
        {
            yield return "runs as root";
        }

        if (container.Resources?.Limits?.ContainsKey("memory") != true || container.Resources.Requests?.ContainsKey("cpu") != true)
        {
            yield return "has no memory limit or no CPU request";
        }

        if (container.ReadinessProbe is null || container.LivenessProbe is null)
        {
            yield return "has no probes";
        }

        if (container.Ports?.Any(port => port.HostPort is not null) == true)
        {
            yield return "takes a port of the host";
        }

        if (container.VolumeMounts?.Any(mount => mount.SubPath is not null) == true)
        {
            yield return "mounts a subPath, which never changes again";
        }
    }

    private static string KindOf(V1Volume volume) => volume switch
    {
        { ConfigMap: not null } => "configMap",
        { Csi: not null } => "csi",
        { DownwardAPI: not null } => "downwardAPI",
        { EmptyDir: not null } => "emptyDir",
        { Ephemeral: not null } => "ephemeral",
        { PersistentVolumeClaim: not null } => "persistentVolumeClaim",
        { Projected: not null } => "projected",
        { Secret: not null } => "secret",
        _ => "other",
    };
}
