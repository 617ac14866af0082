using System.Globalization;
using System.Text.Json;
using Aivo.Gateway.Primitives;
using Microsoft.Data.Sqlite;

namespace Aivo.Gateway.Users;

/// <summary>One row of the table <c>users</c>.</summary>
internal static class UserRow
{
    /// <summary>The columns that <see cref="Read"/> expects, in its order; password_hash is last.</summary>
    public const string Columns =
        "id, email, first_name, last_name, role, tenant_id, status, avatar, last_login_at, created_at, updated_at, attributes, password_hash";

    private const int PasswordHashColumn = 12;

    /// <summary>ISO 8601 in UTC with milliseconds: sorts by time as text.</summary>
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <exception cref="InvalidDataException">The row holds what this program never writes; it does not become a user.</exception>
    public static User Read(SqliteDataReader row)
    {
        if (!UserId.TryParse(row.GetString(0), out UserId id)
            || !UserRoles.TryParse(row.GetString(4), out UserRole role)
            || !TenantId.TryParse(row.GetString(5), out TenantId tenant)
            || !UserStatuses.TryParse(row.GetString(6), out UserStatus status)
            || !TryRead(row, 8, out DateTimeOffset? lastLogin)
            || !TryRead(row, 9, out DateTimeOffset? created) || created is null
            || !TryRead(row, 10, out DateTimeOffset? updated) || updated is null
            || !UserAttributes.TryParse(row.GetString(11), out IReadOnlyDictionary<string, JsonElement>? attributes))
        {
            throw new InvalidDataException($"The user {row.GetString(0)} is stored in a form that cannot be read.");
        }

        // A picture's address that is none is no reason to refuse its user.
        Uri? avatar = row.IsDBNull(7) || !Uri.TryCreate(row.GetString(7), UriKind.Absolute, out Uri? address) ? null : address;
        return new User(id, row.GetString(1), row.GetString(2), row.GetString(3), role, tenant, status, avatar, lastLogin, created.Value, updated.Value, attributes);
    }

    public static string PasswordHash(SqliteDataReader row) => row.GetString(PasswordHashColumn);

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>The time as it will be read back.</summary>
    public static DateTimeOffset WholeMilliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static bool TryRead(SqliteDataReader row, int column, out DateTimeOffset? time)
    {
        time = null;
        if (row.IsDBNull(column))
        {
            return true;
        }

        bool parsed = DateTimeOffset.TryParseExact(
            row.GetString(column), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset value);
        time = value;
        return parsed;
    }
}
