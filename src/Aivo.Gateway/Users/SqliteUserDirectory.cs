using System.Collections.Concurrent;
using Aivo.Gateway.Primitives;
using Microsoft.Data.Sqlite;

namespace Aivo.Gateway.Users;

/// <summary>
/// Users in a SQLite file: one node, or several that share a disk. Call <see cref="PrepareAsync"/> once before anything else; no other
/// call creates the file, so a mistyped path never becomes an empty directory of users.
/// </summary>
internal sealed partial class SqliteUserDirectory : IUserDirectory, IDisposable
{
    private readonly UserDatabase _database;
    private readonly ConcurrentDictionary<UserId, bool> _unverifiable = new();
    private readonly string _file;
    private readonly PasswordHasher _hasher;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<SqliteUserDirectory> _logger;

    /// <param name="file">An absolute path.</param>
    /// <param name="timeout">The bound of every call, see <see cref="UsersOptions.Timeout"/>.</param>
    public SqliteUserDirectory(string file, TimeSpan timeout, PasswordHasher hasher, TimeProvider timeProvider, ILogger<SqliteUserDirectory> logger)
    {
        (_file, _hasher, _timeProvider, _logger) = (file, hasher, timeProvider, logger);
        _database = new UserDatabase(file, timeout, timeProvider);
    }

    /// <summary>Creates and migrates the database. Waits up to 30 seconds for another process that is doing so.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        (int before, int after) = await UserSchema.PrepareAsync(_file, _timeProvider, cancellationToken);
        if (before != after)
        {
            Log.Migrated(_logger, before, after);
        }
    }

    public async ValueTask<User?> VerifyAsync(string email, string password, CancellationToken cancellationToken)
    {
        if (PasswordRules.Check(password) is PasswordFault.TooLong or PasswordFault.NotUnicode)
        {
            throw new ArgumentException("The password is too long or not valid Unicode.", nameof(password));
        }

        (User User, string Hash)? found = EmailAddress.TryNormalise(email, out string? normalised)
            ? await _database.ReadAsync(connection => ReadByEmail(connection, normalised), cancellationToken)
            : null;
        PasswordHash? stored = found is { } row ? Parse(row.User.Id, row.Hash) : null;
        bool fits = await Task.Run(() => _hasher.Verify(password, stored), cancellationToken);

        // The status is judged after the hash: an inactive user must cost what the others do (SR-02, SR-03).
        if (!fits || found is not { User: { Status: UserStatus.Active } user } known)
        {
            return null;
        }

        if (_hasher.NeedsRehash(stored!))
        {
            await RehashAsync(user.Id, password, known.Hash, cancellationToken);
        }

        return user;
    }

    public async ValueTask<User?> FindAsync(UserId id, CancellationToken cancellationToken) => await _database.ReadAsync(connection =>
    {
        using SqliteCommand command = connection.Command($"SELECT {UserRow.Columns} FROM users WHERE id = @id", ("@id", id.ToString()));
        using SqliteDataReader rows = command.ExecuteReader();
        return rows.Read() ? UserRow.Read(rows) : null;
    }, cancellationToken);

    /// <summary>The user whose address this is, in any case of its letters, or null.</summary>
    public async ValueTask<User?> FindByEmailAsync(string email, CancellationToken cancellationToken) =>
        EmailAddress.TryNormalise(email, out string? normalised)
            ? await _database.ReadAsync(connection => ReadByEmail(connection, normalised)?.User, cancellationToken)
            : null;

    /// <summary>Every user, by address.</summary>
    public async ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) => await _database.ReadAsync(connection =>
    {
        using SqliteCommand command = connection.Command($"SELECT {UserRow.Columns} FROM users ORDER BY email");
        using SqliteDataReader rows = command.ExecuteReader();
        List<User> users = [];
        while (rows.Read())
        {
            users.Add(UserRow.Read(rows));
        }

        return users;
    }, cancellationToken);

    public async ValueTask RecordLoginAsync(UserId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        await _database.WriteAsync(
            connection => connection.Execute(
                "UPDATE users SET last_login_at = @at WHERE id = @id AND (last_login_at IS NULL OR last_login_at < @at)",
                ("@id", id.ToString()), ("@at", UserRow.Text(at))),
            cancellationToken);

    public async ValueTask CheckAsync(CancellationToken cancellationToken) => await _database.ReadAsync(connection =>
    {
        using SqliteCommand command = connection.Command("SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1)");
        return command.ExecuteScalar();
    }, cancellationToken);

    /// <summary>Adds a user; when the address is taken, changes nothing and returns the user that has it.</summary>
    /// <exception cref="ArgumentException">The address, a name, the attributes or the password are outside their rules.</exception>
    public async ValueTask<AddedUser> AddAsync(NewUser user, string password, CancellationToken cancellationToken)
    {
        if (!EmailAddress.TryNormalise(user.Email, out string? email))
        {
            throw new ArgumentException("The address is not an e-mail address.", nameof(user));
        }

        if (!NewUser.IsName(user.FirstName) || !NewUser.IsName(user.LastName))
        {
            throw new ArgumentException($"A name is empty, longer than {NewUser.MaximumNameLength} characters, or has control characters.", nameof(user));
        }

        RequireAcceptable(password);
        string attributes = UserAttributes.ToText(user.Attributes);
        if (await FindByEmailAsync(email, cancellationToken) is { } taken)
        {
            return new AddedUser(taken, Created: false);
        }

        PasswordHash hash = await Task.Run(() => _hasher.Create(password), cancellationToken);
        DateTimeOffset now = UserRow.WholeMilliseconds(_timeProvider.GetUtcNow());
        var id = new UserId(Guid.CreateVersion7(now));
        return await _database.WriteAsync(connection =>
        {
            int added = connection.Execute(
                $"""
                INSERT INTO users ({UserRow.Columns})
                VALUES (@id, @email, @first, @last, @role, @tenant, @status, @avatar, NULL, @now, @now, @attributes, @hash)
                ON CONFLICT (email) DO NOTHING
                """,
                ("@id", id.ToString()), ("@email", email), ("@first", user.FirstName), ("@last", user.LastName), ("@role", user.Role.ToWire()),
                ("@tenant", user.Tenant.ToString()), ("@status", user.Status.ToWire()), ("@avatar", user.Avatar?.AbsoluteUri),
                ("@now", UserRow.Text(now)), ("@attributes", attributes), ("@hash", hash.ToText()));
            return new AddedUser(ReadByEmail(connection, email)!.Value.User, Created: added == 1);
        }, cancellationToken);
    }

    /// <returns>False when there is no such user.</returns>
    /// <exception cref="ArgumentException">The password is too short, too long or not Unicode.</exception>
    public async ValueTask<bool> SetPasswordAsync(UserId id, string password, CancellationToken cancellationToken)
    {
        RequireAcceptable(password);
        PasswordHash hash = await Task.Run(() => _hasher.Create(password), cancellationToken);
        string now = UserRow.Text(_timeProvider.GetUtcNow());
        return await _database.WriteAsync(
            connection => connection.Execute(
                "UPDATE users SET password_hash = @hash, updated_at = @now WHERE id = @id",
                ("@id", id.ToString()), ("@hash", hash.ToText()), ("@now", now)) == 1,
            cancellationToken);
    }

    /// <returns>False when there is no such user.</returns>
    public async ValueTask<bool> SetStatusAsync(UserId id, UserStatus status, CancellationToken cancellationToken)
    {
        string now = UserRow.Text(_timeProvider.GetUtcNow());
        return await _database.WriteAsync(
            connection => connection.Execute(
                "UPDATE users SET status = @status, updated_at = @now WHERE id = @id",
                ("@id", id.ToString()), ("@status", status.ToWire()), ("@now", now)) == 1,
            cancellationToken);
    }

    public void Dispose() => _database.Dispose();

    private static (User User, string Hash)? ReadByEmail(SqliteConnection connection, string email)
    {
        using SqliteCommand command = connection.Command($"SELECT {UserRow.Columns} FROM users WHERE email = @email", ("@email", email));
        using SqliteDataReader rows = command.ExecuteReader();
        return rows.Read() ? (UserRow.Read(rows), UserRow.PasswordHash(rows)) : null;
    }

    private static void RequireAcceptable(string password)
    {
        if (PasswordRules.Check(password) is not PasswordFault.None and var fault)
        {
            throw new ArgumentException($"The password is not acceptable: {fault}.", nameof(password));
        }
    }

    /// <summary>Null for a hash that cannot be verified here, which is logged once per user and then counts as a wrong password.</summary>
    private PasswordHash? Parse(UserId id, string text)
    {
        if (PasswordHash.TryParse(text, out PasswordHash? hash) && hash.IsComputable)
        {
            return hash;
        }

        if (_unverifiable.TryAdd(id, true))
        {
            Log.Unverifiable(_logger, id);
        }

        return null;
    }

    /// <summary>Stores a hash of the present cost (SR-07), unless the password has changed since it was verified.</summary>
    private async Task RehashAsync(UserId id, string password, string old, CancellationToken cancellationToken)
    {
        PasswordHash hash = await Task.Run(() => _hasher.Create(password), cancellationToken);
        try
        {
            int changed = await _database.WriteAsync(
                connection => connection.Execute(
                    "UPDATE users SET password_hash = @new WHERE id = @id AND password_hash = @old",
                    ("@id", id.ToString()), ("@new", hash.ToText()), ("@old", old)),
                cancellationToken);
            if (changed == 1)
            {
                Log.Rehashed(_logger, id);
            }
        }
        catch (StoreUnavailableException exception)
        {
            // The password did fit. The next log-in upgrades the hash.
            Log.NotRehashed(_logger, exception, id);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(500, LogLevel.Information, "The user database went from version {Before} to version {After}", EventName = "UserDatabaseMigrated")]
        public static partial void Migrated(ILogger logger, int before, int after);

        [LoggerMessage(501, LogLevel.Warning, "The password hash of user {UserId} cannot be verified here: set a new password", EventName = "PasswordHashUnverifiable")]
        public static partial void Unverifiable(ILogger logger, UserId userId);

        [LoggerMessage(502, LogLevel.Information, "The password hash of user {UserId} was brought to the present cost", EventName = "PasswordHashUpgraded")]
        public static partial void Rehashed(ILogger logger, UserId userId);

        [LoggerMessage(503, LogLevel.Warning, "The password hash of user {UserId} could not be brought to the present cost", EventName = "PasswordHashNotUpgraded")]
        public static partial void NotRehashed(ILogger logger, Exception exception, UserId userId);
    }
}
