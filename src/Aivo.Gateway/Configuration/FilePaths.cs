namespace Aivo.Gateway.Configuration;

/// <summary>Whether the files and folders that settings name are there and can be read by this process.</summary>
internal static class FilePaths
{
    public static void RequireFile(string key, string? path, SettingReport report) => Require(key, path, "file", File.Exists, report, file => File.OpenRead(file).Dispose());

    public static void RequireDirectory(string key, string? path, SettingReport report) =>
        Require(key, path, "directory", Directory.Exists, report, directory => _ = Directory.EnumerateFileSystemEntries(directory).Any());

    /// <summary>For a directory that the program makes itself where it is missing.</summary>
    public static void RefuseFile(string key, string path, SettingReport report)
    {
        if (File.Exists(path))
        {
            report.Add(new SettingError(key, path, "is a file where a directory belongs.", "Name a directory; it is made where it does not exist."));
        }
    }

    private static void Require(string key, string? path, string kind, Predicate<string> exists, SettingReport report, Action<string> read)
    {
        if (path is null || report.HasErrorAt(key))
        {
            return;
        }

        if (!exists(path))
        {
            report.Add(new SettingError(key, path, $"is not a {kind} that exists.", $"Make the {kind}, or mount it, or correct the path."));
            return;
        }

        try
        {
            read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report.Add(new SettingError(key, path, $"cannot be read by this process ({exception.GetType().Name}).", $"Let the user under which the gateway runs read the {kind}."));
        }
    }
}
