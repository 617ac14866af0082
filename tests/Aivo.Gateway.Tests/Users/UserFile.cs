using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Users;

/// <summary>A database file of its own in a directory that does not exist yet, directories opened on it, and what they log.</summary>
internal sealed class UserFile : IDisposable, ILogger<SqliteUserDirectory>
{
    public const string Password = "correct horse battery staple";
    public static readonly TenantId Tenant = new(new Guid("0197a2d4-0000-7000-8000-000000000001"));
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("aivo-users-");
    private readonly List<SqliteUserDirectory> _directories = [];

    public string FolderPath => Path.Combine(_root.FullName, "data");

    public string FilePath => Path.Combine(FolderPath, "users.db");

    /// <summary>The least cost that Argon2 allows. Its count of computations is shared by every directory made here.</summary>
    public PasswordHasher Hasher { get; } = new(new PasswordCost(8, 1, 1));

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));

    public List<(EventId Id, string Message)> Logged { get; } = [];

    public static NewUser Learner(string email = "learner@example.com", UserStatus status = UserStatus.Active) =>
        new(email, "Lee", "Learner", UserRole.Learner, Tenant, status, null, UserAttributes.Empty);

    /// <summary>A directory on virtual time, on which no call times out unless a test says so.</summary>
    public SqliteUserDirectory Make(TimeSpan? timeout = null, TimeProvider? time = null)
    {
        var directory = new SqliteUserDirectory(FilePath, timeout ?? TimeSpan.FromSeconds(30), Hasher, time ?? Time, this);
        lock (_directories)
        {
            _directories.Add(directory);
        }

        return directory;
    }

    public async Task<SqliteUserDirectory> OpenAsync(TimeSpan? timeout = null, TimeProvider? time = null)
    {
        SqliteUserDirectory directory = Make(timeout, time);
        await directory.PrepareAsync(TestContext.Current.CancellationToken);
        return directory;
    }

    /// <summary>A connection outside of the directory, such as another process would have.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = FilePath, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    public void Execute(string sql, params (string Name, object? Value)[] parameters)
    {
        using SqliteConnection connection = Connect();
        connection.Execute(sql, parameters);
    }

    public string? PasswordHashOf(UserId id)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.Command("SELECT password_hash FROM users WHERE id = @id", ("@id", id.ToString()));
        return (string?)command.ExecuteScalar();
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Logged)
        {
            Logged.Add((eventId, formatter(state, exception)));
        }
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Dispose()
    {
        foreach (SqliteUserDirectory directory in _directories)
        {
            directory.Dispose();
        }

        _root.Delete(recursive: true);
    }
}
