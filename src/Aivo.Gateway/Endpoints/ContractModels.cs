using System.Text.Json.Serialization;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Endpoints;

/// <summary>The contract's <c>AuthResponse</c>; names and types are fixed by generated clients. <c>ExpiresIn</c> is in seconds.</summary>
internal sealed record AuthResponse(
    string AccessToken,
    string RefreshToken,
    UserResponse User,
    int ExpiresIn);

/// <summary>The contract's <c>User</c>.</summary>
internal sealed record UserResponse(
    Guid Id,
    string Email,
    string FirstName,
    string LastName,
    string Role,
    Guid TenantId,
    string Status,
    string? Avatar,
    DateTimeOffset? LastLoginAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static UserResponse From(User user) => new(
        user.Id.Value, user.Email, user.FirstName, user.LastName, user.Role.ToWire(), user.Tenant.Value, user.Status.ToWire(),
        user.Avatar?.OriginalString, user.LastLoginAt, user.CreatedAt, user.UpdatedAt);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuthResponse))]
[JsonSerializable(typeof(UserResponse))]
internal sealed partial class ContractJson : JsonSerializerContext;
