using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Users;

/// <summary>Where users are kept.</summary>
internal enum UserProvider
{
    /// <summary>A SQLite file; one node, or several that share a disk.</summary>
    Sqlite,
}

/// <summary>The section <c>Users</c>.</summary>
internal sealed record UsersOptions
{
    /// <summary>Null when not set: outside Development it must be.</summary>
    public required UserProvider? Provider { get; init; }

    /// <summary>Null when not set: then users.db in the data directory.</summary>
    public required string? DatabaseFile { get; init; }
    public required TimeSpan Timeout { get; init; }

    public static UsersOptions Read(SettingReader reader)
    {
        var options = new UsersOptions
        {
            Provider = reader.OptionalChoice<UserProvider>("Provider", null, "Where users are kept. Must be set outside Development."),
            DatabaseFile = reader.OptionalText("ConnectionString", "For Sqlite: Data Source=/absolute/path.db. Default: users.db in Gateway:DataDirectory.", secret: true),
            Timeout = reader.Duration("Timeout", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30), "How long one call to the directory may take; then the answer to the client is 503."),
        };
        if (options.DatabaseFile is not { } text)
        {
            return options;
        }

        const string Key = "Data Source=";
        if (!text.StartsWith(Key, StringComparison.OrdinalIgnoreCase) || text.Contains(';', StringComparison.Ordinal) || !Path.IsPathFullyQualified(text[Key.Length..]))
        {
            reader.Error("ConnectionString", "***", "is not a SQLite connection string with an absolute path.", "Write Data Source=/absolute/path.db and nothing else.");
            return options with { DatabaseFile = null };
        }

        return options with { DatabaseFile = text[Key.Length..] };
    }
}
