using System.Diagnostics;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// A configuration as Kubernetes mounts a ConfigMap: the file is a link through <c>..data</c> to a directory of its own for each version,
/// and a change moves that one link.
/// </summary>
internal sealed class MountedConfiguration : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private int _version;

    public MountedConfiguration(string content)
    {
        Link(Version(content), "..data");
        File.CreateSymbolicLink(Path, System.IO.Path.Combine("..data", "appsettings.json"));
    }

    public string Path => _directory.File("appsettings.json");

    public async Task SwapAsync(string content)
    {
        Link(Version(content), "..data_tmp");
        using Process move = Process.Start("mv", ["-T", _directory.File("..data_tmp"), _directory.File("..data")]);
        await move.WaitForExitAsync();
        Assert.Equal(0, move.ExitCode);
        Directory.Delete(_directory.File($"..{_version - 1}"), recursive: true);
    }

    /// <summary>Takes the file out of the version that is mounted.</summary>
    public void RemoveFile() => File.Delete(_directory.File(System.IO.Path.Combine($"..{_version}", "appsettings.json")));

    public void Dispose() => _directory.Dispose();

    private string Version(string content)
    {
        string name = $"..{++_version}";
        Directory.CreateDirectory(_directory.File(name));
        File.WriteAllText(_directory.File(System.IO.Path.Combine(name, "appsettings.json")), content);
        return name;
    }

    private void Link(string target, string name) => Directory.CreateSymbolicLink(_directory.File(name), target);
}
