using System.Text.Json.Nodes;
using Aivo.Gateway.Sessions;
using Microsoft.OpenApi;

namespace Aivo.Gateway.Endpoints;

/// <summary>The contract's schemas, word for word, and those of what this gateway offers beyond it.</summary>
internal static class ContractSchemas
{
    public const string LoginRequest = "LoginRequest";
    public const string RefreshTokenRequest = "RefreshTokenRequest";
    public const string AuthResponse = "AuthResponse";
    public const string User = "User";
    public const string Error = "Error";
    public const string ValidationError = "ValidationError";
    public const string SessionList = "SessionList";

    public static readonly OpenApiSchema LogoutScope = Choice("local", "others", "all");

    public static Dictionary<string, IOpenApiSchema> All(OpenApiDocument document) => new()
    {
        [LoginRequest] = Object(["email", "password"], new()
        {
            ["email"] = Text("email"),
            ["password"] = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 8 },
            ["deviceName"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                MinLength = 1,
                MaxLength = SessionClient.MostDeviceNameChars,
                Description = "what the user calls the device, for the list of sessions; no control characters",
            },
        }),
        [RefreshTokenRequest] = Object(["refreshToken"], new() { ["refreshToken"] = Text() }),
        [AuthResponse] = Object(["accessToken", "refreshToken", "user", "expiresIn"], new()
        {
            ["accessToken"] = Text(description: "a JWT"),
            ["refreshToken"] = Text(description: "a JWT"),
            ["user"] = new OpenApiSchemaReference(User, document),
            ["expiresIn"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "life of the access token in seconds" },
        }),
        [User] = Object(["id", "email", "firstName", "lastName", "role", "tenantId", "status", "createdAt", "updatedAt"], new()
        {
            ["id"] = Text("uuid"),
            ["email"] = Text("email"),
            ["firstName"] = Text(),
            ["lastName"] = Text(),
            ["role"] = Choice("super_admin", "tenant_admin", "instructor", "learner"),
            ["tenantId"] = Text("uuid"),
            ["status"] = Choice("active", "inactive", "pending", "suspended"),
            ["avatar"] = Text("uri", nullable: true),
            ["lastLoginAt"] = Text("date-time", nullable: true),
            ["createdAt"] = Text("date-time"),
            ["updatedAt"] = Text("date-time"),
        }),
        [SessionList] = Object(["sessions"], new()
        {
            ["sessions"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = Object(["id", "deviceName", "address", "userAgent", "createdAt", "lastUsedAt", "current"], new()
                {
                    ["id"] = Text(),
                    ["deviceName"] = Text(nullable: true),
                    ["address"] = Text(nullable: true),
                    ["userAgent"] = Text(nullable: true),
                    ["createdAt"] = Text("date-time"),
                    ["lastUsedAt"] = Text("date-time"),
                    ["current"] = new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "whether it is the session of the token sent" },
                }),
            },
        }),
        [Error] = Object(["error", "message"], ErrorMembers("a stable machine-readable code, such as invalid_credentials", "a sentence for a person")),
        [ValidationError] = Object(["error", "message", "validationErrors"], new(ErrorMembers(null, null))
        {
            ["validationErrors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = Object(["field", "message"], new()
                {
                    ["field"] = Text(description: "the JSON member, such as email; $ for the body as a whole"),
                    ["message"] = Text(),
                }),
            },
        }),
    };

    private static Dictionary<string, IOpenApiSchema> ErrorMembers(string? code, string? message) => new()
    {
        ["error"] = Text(description: code),
        ["message"] = Text(description: message),
        ["details"] = new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalPropertiesAllowed = true, AdditionalProperties = new OpenApiSchema() },
    };

    private static OpenApiSchema Object(string[] required, Dictionary<string, IOpenApiSchema> properties) =>
        new() { Type = JsonSchemaType.Object, Required = new HashSet<string>(required), Properties = properties };

    private static OpenApiSchema Text(string? format = null, bool nullable = false, string? description = null) => new()
    {
        Type = nullable ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String,
        Format = format,
        Description = description,
    };

    private static OpenApiSchema Choice(params string[] values) =>
        new() { Type = JsonSchemaType.String, Enum = [.. values.Select(value => JsonValue.Create(value))] };
}
