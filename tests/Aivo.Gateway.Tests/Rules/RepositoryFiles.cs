namespace Aivo.Gateway.Tests.Rules;

/// <summary>The repository this test run was built from: the folder with the solution, and the files below it that are not output.</summary>
internal static class RepositoryFiles
{
    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Files below a folder, as paths from the root with forward slashes, in a fixed order.</summary>
    public static IReadOnlyList<string> Below(string folder, string pattern)
    {
        string start = Path.Combine(Root, folder);
        return !Directory.Exists(start)
            ? []
            : [.. Directory.EnumerateFiles(start, pattern, SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
                .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or ".git"))
                .Order(StringComparer.Ordinal)];
    }

    public static IReadOnlyList<SourceFile> Sources() =>
        [.. Below("src/Aivo.Gateway", "*.cs").Select(path => new SourceFile(path, Read(path)))];

    public static IReadOnlyList<SourceFile> TestSources() =>
        [.. Below("tests", "*.cs").Select(path => new SourceFile(path, Read(path)))];

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Aivo.Gateway.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Aivo.Gateway.sln above {AppContext.BaseDirectory}: the rules read the source they were built from.");
    }
}
