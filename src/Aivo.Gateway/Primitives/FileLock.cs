namespace Aivo.Gateway.Primitives;

/// <summary>
/// Holds a lock file for as long as it is open, against other processes and other callers in this one. The file stays: to remove it
/// would let a third process lock a new file of the same name while a second still waits for the old one.
/// </summary>
internal static class FileLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <exception cref="TimeoutException">Another holder kept the lock for longer than <paramref name="bound"/>.</exception>
    /// <exception cref="IOException">The file cannot be opened at all.</exception>
    public static async Task<FileStream> AcquireAsync(string path, TimeSpan bound, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        long begun = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                return Open(path);
            }
            catch (IOException exception) when (IsHeldElsewhere(exception))
            {
                if (timeProvider.GetElapsedTime(begun) >= bound)
                {
                    throw new TimeoutException($"Another process has held {Path.GetFileName(path)} for {bound.TotalSeconds:0} seconds.", exception);
                }
            }

            // The system has no way to wait for such a lock that could be given up, so it is asked again.
            await Task.Delay(Pause, timeProvider, cancellationToken);
        }
    }

    private static FileStream Open(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    /// <summary>A sharing violation has no type of its own; the types below say that the file cannot be opened by anyone.</summary>
    private static bool IsHeldElsewhere(IOException exception) =>
        exception is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException or DriveNotFoundException);
}
