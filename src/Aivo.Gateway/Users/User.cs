using System.Text.Json;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Users;

/// <summary>A user as the directory holds it. Times are UTC, in whole milliseconds.</summary>
/// <param name="Email">The normalised address, see <see cref="EmailAddress"/>.</param>
/// <param name="Attributes">Further facts about the user, from which claims can be mapped; names compare by ordinal.</param>
internal sealed record User(
    UserId Id,
    string Email,
    string FirstName,
    string LastName,
    UserRole Role,
    TenantId Tenant,
    UserStatus Status,
    Uri? Avatar,
    DateTimeOffset? LastLoginAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    IReadOnlyDictionary<string, JsonElement> Attributes);

/// <summary>What is known of a user before the directory gives it an id and times.</summary>
internal sealed record NewUser(
    string Email,
    string FirstName,
    string LastName,
    UserRole Role,
    TenantId Tenant,
    UserStatus Status,
    Uri? Avatar,
    IReadOnlyDictionary<string, JsonElement> Attributes)
{
    /// <summary>In UTF-16 units, for each of the two names.</summary>
    public const int MaximumNameLength = 200;

    /// <summary>Neither empty nor longer than the bound, and without control characters (SR-89: names reach terminals and logs).</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= MaximumNameLength && !text.Any(char.IsControl) && !string.IsNullOrWhiteSpace(text);
}

/// <summary>The outcome of adding a user.</summary>
/// <param name="User">The user that now has the address: the new one, or the one that had it before and is unchanged.</param>
/// <param name="Created">False when the address was taken.</param>
internal readonly record struct AddedUser(User User, bool Created);
