using System.Security;
using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Tokens;

/// <summary>One file of a key directory. Its content is a secret: whoever reads it wipes it.</summary>
/// <param name="Name">The file's name without the extension: what the ActiveKey settings name.</param>
internal sealed record KeyFile(string Name, byte[] Content)
{
    public override string ToString() => Name;
}

/// <summary>
/// A directory of key files, read once at start. Whatever is wrong with it is reported, with the file's name and never its content.
/// Permissions are not judged: a Kubernetes secret is mounted readable for the group.
/// </summary>
/// <param name="directory">An absolute path; files in it count, those in directories below do not.</param>
/// <param name="extension">With its dot; other files are no keys.</param>
/// <param name="setting">The setting that names the directory, as <c>Section:Key</c>.</param>
/// <param name="activeSetting">The setting that names the active key.</param>
internal sealed class KeyDirectory(string directory, string extension, string setting, string activeSetting, Action<SettingError> report)
{
    /// <summary>Far above any key (RSA with 16,384 bits: 13 KB), so that a wrong path cannot fill the memory.</summary>
    private const int MaximumFileSize = 64 * 1024;

    /// <summary>Whether anything was reported: then no key of the directory may be used.</summary>
    public bool IsFaulty { get; private set; }

    public IReadOnlyList<KeyFile> Read()
    {
        List<KeyFile> files = [];
        try
        {
            foreach (string path in Directory.EnumerateFiles(directory, "*" + extension).Order(StringComparer.Ordinal))
            {
                if (ReadFile(path) is { } content)
                {
                    files.Add(new KeyFile(Path.GetFileNameWithoutExtension(path), content));
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            Report(setting, directory, "is not a directory.", $"Create it, with at least one *{extension} file.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SecurityException or ArgumentException)
        {
            Report(setting, directory, "cannot be listed.", "Let the gateway's user read the directory.");
        }

        if (files.Count == 0 && !IsFaulty)
        {
            Report(setting, directory, $"holds no *{extension} file.", $"Put at least one key there; its name ends in {extension}.");
        }

        return files;
    }

    public void Refuse(string name, string problem, string fix) => Report(setting, directory, $"the file '{name}{extension}' {problem}", fix);

    /// <summary>The key in use: the named one, or the only one there is. Null, and reported, where neither exists.</summary>
    /// <param name="candidates">The keys that may be chosen, by file name; none where the directory holds public keys alone.</param>
    /// <param name="active">The file's name without the extension, or null when not set.</param>
    public T? ChooseActive<T>(IReadOnlyDictionary<string, T> candidates, string? active) where T : class
    {
        string names = string.Join(", ", candidates.Keys.Order(StringComparer.Ordinal).Select(name => $"'{name}'"));
        if (candidates.Count == 0)
        {
            Report(setting, directory, "holds public keys alone.", "Add the private key that is to be the active one.");
            return null;
        }

        if (active is null)
        {
            if (candidates.Count > 1)
            {
                Report(activeSetting, null, $"is not set, and {setting} holds several keys: {names}.", $"Name the one to use, without {extension}.");
                return null;
            }

            return candidates.Values.First();
        }

        if (!candidates.TryGetValue(active, out T? named))
        {
            Report(activeSetting, active, $"names no key in {setting} that can be active.", $"Name one of these, without {extension}: {names}.");
        }

        return named;
    }

    /// <summary>
    /// Writes a file that only the gateway's user can read, unless the directory holds a key already. Not for two processes at once:
    /// the caller holds the lock of the data directory.
    /// </summary>
    public static void CreateOnce(string directory, string fileName, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(directory);
        if (Directory.EnumerateFiles(directory, "*" + Path.GetExtension(fileName)).Any())
        {
            return;
        }

        // Written beside and renamed, so that a process that is killed halfway leaves no half key under the final name.
        string path = Path.Combine(directory, fileName);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(path + ".new", options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path);
    }

    private byte[]? ReadFile(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        byte[] buffer = new byte[MaximumFileSize + 1];
        try
        {
            using FileStream file = File.OpenRead(path);
            int length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length <= MaximumFileSize)
            {
                return buffer.AsSpan(0, length).ToArray();
            }

            Refuse(name, "is too large for a key.", $"Remove it, or give it another ending than {extension}.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SecurityException)
        {
            Refuse(name, "cannot be read.", "Let the gateway's user read it, or remove it.");
        }
        finally
        {
            Array.Clear(buffer);
        }

        return null;
    }

    private void Report(string key, string? value, string problem, string fix)
    {
        IsFaulty = true;
        report(new SettingError(key, value, problem, fix));
    }
}
