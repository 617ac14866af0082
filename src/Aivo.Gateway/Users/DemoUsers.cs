using System.Text.Json;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Users;

/// <summary>The users of the Development environment. Never made elsewhere: their password is public.</summary>
internal static class DemoUsers
{
    public const string LearnerEmail = "learner@example.com";
    public const string AdminEmail = "admin@example.com";

    public static readonly TenantId Tenant = new(new Guid("0197a2d4-6c00-7000-8000-00000000de00"));

    /// <summary>Adds those that are missing, also when several processes start at once; one that is there stays as it is.</summary>
    public static async Task EnsureAsync(SqliteUserDirectory directory, string password, CancellationToken cancellationToken)
    {
        if (!UserAttributes.TryParse("""{"learnerUid":"demo-learner"}""", out IReadOnlyDictionary<string, JsonElement>? attributes))
        {
            throw new InvalidOperationException("The demo learner's attributes are not JSON.");
        }

        NewUser[] users =
        [
            new(LearnerEmail, "Lee", "Learner", UserRole.Learner, Tenant, UserStatus.Active, null, attributes),
            new(AdminEmail, "Ada", "Admin", UserRole.TenantAdmin, Tenant, UserStatus.Active, null, UserAttributes.Empty),
        ];
        foreach (NewUser user in users)
        {
            await directory.AddAsync(user, password, cancellationToken);
        }
    }
}
