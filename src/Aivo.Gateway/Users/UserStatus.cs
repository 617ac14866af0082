using System.Diagnostics.CodeAnalysis;

namespace Aivo.Gateway.Users;

/// <summary>Only <see cref="Active"/> users log in, refresh or are shown to themselves.</summary>
internal enum UserStatus
{
    /// <summary>First, so that an unset status never means active.</summary>
    Inactive,
    Pending,
    Suspended,
    Active,
}

/// <summary>Statuses by the names they have on the wire and in the database.</summary>
internal static class UserStatuses
{
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<UserStatus>().Select(ToWire)];

    public static string ToWire(this UserStatus status) => status switch
    {
        UserStatus.Active => "active",
        UserStatus.Inactive => "inactive",
        UserStatus.Pending => "pending",
        UserStatus.Suspended => "suspended",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    /// <summary>Reads the exact name; another case is another, unknown status.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out UserStatus status)
    {
        foreach (UserStatus candidate in Enum.GetValues<UserStatus>())
        {
            if (candidate.ToWire() == text)
            {
                status = candidate;
                return true;
            }
        }

        status = default;
        return false;
    }
}
