using System.Diagnostics.CodeAnalysis;

namespace Aivo.Gateway.Users;

/// <summary>A user's role; the contract fixes the four names.</summary>
internal enum UserRole
{
    /// <summary>First, so that an unset role is the weakest.</summary>
    Learner,
    Instructor,
    TenantAdmin,
    SuperAdmin,
}

/// <summary>Roles by the names they have in tokens, on the wire and in the database.</summary>
internal static class UserRoles
{
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<UserRole>().Select(ToWire)];

    public static string ToWire(this UserRole role) => role switch
    {
        UserRole.SuperAdmin => "super_admin",
        UserRole.TenantAdmin => "tenant_admin",
        UserRole.Instructor => "instructor",
        UserRole.Learner => "learner",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    /// <summary>Reads the exact name; another case is another, unknown role.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out UserRole role)
    {
        foreach (UserRole candidate in Enum.GetValues<UserRole>())
        {
            if (candidate.ToWire() == text)
            {
                role = candidate;
                return true;
            }
        }

        role = default;
        return false;
    }
}
