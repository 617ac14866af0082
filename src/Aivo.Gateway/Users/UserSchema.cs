using System.Globalization;
using Aivo.Gateway.Primitives;
using Microsoft.Data.Sqlite;

namespace Aivo.Gateway.Users;

/// <summary>Creates the database file and brings its tables to the version that this program knows.</summary>
internal static class UserSchema
{
    private static readonly TimeSpan LockBound = TimeSpan.FromSeconds(30);

    /// <summary>
    /// One step per version; <c>PRAGMA user_version</c> counts those that are done. A released step is never edited: a change is a new
    /// step. The role's names are not checked here, since SQLite cannot change a check without rebuilding the table; reading checks them.
    /// </summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE users (
          id TEXT NOT NULL PRIMARY KEY,
          email TEXT NOT NULL UNIQUE,
          first_name TEXT NOT NULL,
          last_name TEXT NOT NULL,
          role TEXT NOT NULL,
          tenant_id TEXT NOT NULL,
          status TEXT NOT NULL,
          avatar TEXT,
          last_login_at TEXT,
          created_at TEXT NOT NULL,
          updated_at TEXT NOT NULL,
          attributes TEXT NOT NULL,
          password_hash TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        PRAGMA user_version = 1;
        """,
    ];

    /// <summary>
    /// Safe to repeat, and when several processes start at once on an empty directory: all of it happens under a file lock, since neither
    /// making the file with its mode nor switching it to WAL (SQLite may answer "busy" without waiting) is safe against another process.
    /// </summary>
    /// <returns>Versions before and after.</returns>
    /// <exception cref="StoreUnavailableException">
    /// The file cannot be made or read, is of a later version, or another process has held the lock for 30 seconds.
    /// </exception>
    public static async Task<(int Before, int After)> PrepareAsync(string file, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        try
        {
            CreateDirectory(Path.GetDirectoryName(file)!);
            await using FileStream held = await FileLock.AcquireAsync(file + ".lock", LockBound, timeProvider, cancellationToken);
            return await Task.Run(() => Migrate(file), cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException or SqliteException or InvalidDataException)
        {
            throw new StoreUnavailableException("users", exception);
        }
    }

    private static (int Before, int After) Migrate(string file)
    {
        CreateFile(file);
        using var connection = new SqliteConnection(UserDatabase.ConnectionString(file, SqliteOpenMode.ReadWrite));
        connection.Open();
        connection.Execute("PRAGMA journal_mode = WAL");
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        using SqliteCommand command = connection.Command("PRAGMA user_version");
        int before = Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (before > Steps.Length)
        {
            throw new InvalidDataException($"The user database is of version {before}; this program knows versions up to {Steps.Length}. Run the program that made it, or a later one.");
        }

        foreach (string step in Steps.AsSpan(before))
        {
            connection.Execute(step);
        }

        transaction.Commit();
        return (before, Steps.Length);
    }

    /// <summary>A directory that is there keeps its mode; one that is made here is for this user alone.</summary>
    private static void CreateDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>
    /// SQLite would make the file readable for everyone the umask allows; its side files take the mode of this one. A file that is
    /// there is never opened here: closing it would drop the POSIX locks of every connection that this process has to it.
    /// </summary>
    private static void CreateFile(string file)
    {
        if (File.Exists(file))
        {
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(file, options);
    }
}
