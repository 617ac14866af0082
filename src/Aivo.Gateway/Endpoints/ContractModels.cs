using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
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

/// <summary>The caller's live sessions, the newest first.</summary>
internal sealed record SessionsResponse(ImmutableArray<SessionResponse> Sessions);

/// <param name="LastUsedAt">When the live pair of tokens was issued or first used, whichever is later.</param>
/// <param name="Current">Whether the caller's token is one of this session.</param>
internal sealed record SessionResponse(
    string Id, string? DeviceName, string? Address, string? UserAgent, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, bool Current)
{
    public static SessionResponse From(SessionRecord record, SessionId current) => new(
        record.Id.ToString(), record.Client.DeviceName, record.Client.Address, record.Client.UserAgent,
        record.CreatedAt, record.LastUsed(), record.Id == current);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuthResponse))]
[JsonSerializable(typeof(UserResponse))]
[JsonSerializable(typeof(SessionsResponse))]
internal sealed partial class ContractJson : JsonSerializerContext;
