using Aivo.Gateway.Tests.Rules;
using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace Aivo.Gateway.Tests.Deploy;

/// <summary>The Kubernetes manifests, read strictly: a field Kubernetes does not have is an error.</summary>
internal static class Manifests
{
    public const string Base = "deploy/k8s/base";
    public const string Production = "deploy/k8s/overlays/production";
    public const string Examples = "deploy/k8s/examples";

    private const string Kustomization = "kustomization.yaml";

    public static IReadOnlyList<object> Parse(string yaml) => [.. KubernetesYaml.LoadAllFromString(yaml, typeMap: null, strict: true)];

    public static IReadOnlyList<object> In(string folder) =>
        [.. FilesIn(folder).Where(name => name != Kustomization).SelectMany(name => Parse(RepositoryFiles.Read($"{folder}/{name}")))];

    public static T Single<T>(string folder, string name) where T : IMetadata<V1ObjectMeta> => In(folder).OfType<T>().Single(item => item.Metadata.Name == name);

    public static IReadOnlyList<string> FilesIn(string folder) => [.. RepositoryFiles.Below(folder, "*.yaml").Select(path => path[(folder.Length + 1)..])];

    /// <summary>Every file a kustomization names, below its folder; other kustomizations it builds on are left out.</summary>
    public static IReadOnlyList<string> NamedBy(string kustomization)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(kustomization));
        var root = (YamlMappingNode)stream.Documents[0].RootNode;
        return [.. Items(root, "resources").OfType<YamlScalarNode>().Select(node => node.Value!).Where(path => !path.StartsWith("..", StringComparison.Ordinal))
            .Concat(Items(root, "patches").OfType<YamlMappingNode>().Where(patch => patch.Children.ContainsKey("path")).Select(patch => ((YamlScalarNode)patch["path"]).Value!))
            .Concat(Items(root, "configMapGenerator").OfType<YamlMappingNode>().SelectMany(map => Items(map, "files")).Select(node => ((YamlScalarNode)node).Value!))
            .Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<YamlNode> Items(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out YamlNode? value) ? ((YamlSequenceNode)value).Children : [];
}
