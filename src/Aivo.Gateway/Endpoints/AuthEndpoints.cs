using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Microsoft.AspNetCore.Cors.Infrastructure;
using CorsOptions = Aivo.Gateway.Http.CorsOptions;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// <c>/auth/v1</c>: the endpoints of the contract, the published description, and the answer for everything else under that path,
/// which never reaches a proxy route.
/// </summary>
internal static class AuthEndpoints
{
    public const string Root = "/auth/v1";
    public const string CorsPolicy = "auth";

    private const string Sessions = "/sessions";
    private const string OneSession = "/sessions/{id}";

    private static readonly Dictionary<string, string> Methods = new(StringComparer.OrdinalIgnoreCase)
    {
        ["/login"] = "POST",
        ["/refresh"] = "POST",
        ["/logout"] = "POST",
        ["/me"] = "GET",
        [Sessions] = "GET",
        [OneSession] = "DELETE",
        ["/openapi.json"] = "GET",
    };

    public static void MapAuth(this IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder group = endpoints.MapGroup(Root).RequireCors(CorsPolicy).WithTags("Authentication");
        group.MapPost("/login", (HttpContext context, LoginEndpoint endpoint, SessionsOptions options) => HoldAsync(context, options, endpoint.HandleAsync))
            .Describe("login", ContractSchemas.LoginRequest, bearer: false,
                new(200, "authenticated", ContractSchemas.AuthResponse),
                new(401, "authentication failed", ContractSchemas.Error),
                new(422, "the request is not a valid LoginRequest", ContractSchemas.ValidationError))
            .AllowAnonymous();
        group.MapPost("/refresh", (HttpContext context, RefreshEndpoint endpoint, SessionsOptions options) => HoldAsync(context, options, endpoint.HandleAsync))
            .Describe("refreshToken", ContractSchemas.RefreshTokenRequest, bearer: true,
                new(200, "a new pair", ContractSchemas.AuthResponse),
                new(401, "invalid refresh token", ContractSchemas.Error),
                new(422, "the request is not a valid RefreshTokenRequest", ContractSchemas.ValidationError))
            .AllowAnonymous();
        group.MapPost("/logout", (HttpContext context, LogoutEndpoint endpoint, SessionsOptions options) => HoldAsync(context, options, endpoint.HandleAsync))
            .Describe("logout", null, bearer: true,
                new(204, "logged out; the body is empty", null),
                new(401, "not authenticated", ContractSchemas.Error),
                new(422, "no such scope", ContractSchemas.ValidationError))
            .WithParameter(ApiParameter.LogoutScope)
            .AllowAnonymous();
        group.MapGet("/me", (HttpContext context, MeEndpoint endpoint, SessionsOptions options) => HoldAsync(context, options, endpoint.HandleAsync))
            .Describe("getCurrentUser", null, bearer: true,
                new(200, "the signed-in user", ContractSchemas.User),
                new(401, "not authenticated", ContractSchemas.Error))
            .RequireAuthorization();
        group.MapGet(Sessions, (HttpContext context, SessionsEndpoint endpoint, SessionsOptions options) => HoldAsync(context, options, endpoint.ListAsync))
            .Describe("listSessions", null, bearer: true,
                new(200, "the signed-in user's live sessions, the newest first", ContractSchemas.SessionList),
                new(401, "not authenticated", ContractSchemas.Error))
            .RequireAuthorization();
        group.MapDelete(OneSession, (HttpContext context, SessionsEndpoint endpoint, SessionsOptions options) => HoldAsync(context, options, endpoint.EndAsync))
            .Describe("endSession", null, bearer: true,
                new(204, "the session has ended; the body is empty", null),
                new(401, "not authenticated", ContractSchemas.Error),
                new(404, "the signed-in user has no such session", ContractSchemas.Error))
            .WithParameter(ApiParameter.SessionId)
            .RequireAuthorization();
        group.MapGet("/openapi.json", (HttpContext context, PublishedDescription description) => description.WriteAsync(context))
            .ExcludeFromDescription().AllowAnonymous();
        group.Map("/{**rest}", Unanswered).ExcludeFromDescription().AllowAnonymous();
    }

    /// <summary>Bounds how long one request is worked on (<c>Sessions:MaxHold</c>); past it the answer is 503.</summary>
    private static async Task<IResult> HoldAsync(HttpContext context, SessionsOptions options, Func<HttpContext, CancellationToken, Task<IResult>> handle)
    {
        context.Response.Headers.CacheControl = "no-store";
        using var hold = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        hold.CancelAfter(options.MaxHold);
        return await handle(context, hold.Token);
    }

    public static void ConfigureCors(CorsPolicyBuilder policy, CorsOptions options)
    {
        policy.WithOrigins([.. options.Origins]).WithMethods("GET", "POST", "DELETE").WithHeaders("Authorization", "Content-Type", "X-Request-Id", "traceparent", "tracestate")
            .WithExposedHeaders("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "WWW-Authenticate")
            .SetPreflightMaxAge(options.MaxAge);
        if (options.AllowCredentials)
        {
            policy.AllowCredentials();
        }
    }

    private static Task Unanswered(HttpContext context)
    {
        string rest = "/" + (context.Request.RouteValues["rest"] as string)?.TrimEnd('/');
        if (rest.StartsWith(Sessions + "/", StringComparison.OrdinalIgnoreCase) && !rest.AsSpan(Sessions.Length + 1).Contains('/'))
        {
            rest = OneSession;
        }

        if (!Methods.TryGetValue(rest, out string? methods))
        {
            return DenialResponse.WriteAsync(context, Denial.NotFound);
        }

        context.Response.Headers.Allow = methods;
        return DenialResponse.WriteAsync(context, Denial.MethodNotAllowed);
    }
}
