using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// <c>GET /.well-known/jwks.json</c> (RFC 7517): the public halves of every signing key, so that services can verify what the gateway
/// signs. A new key is published before it signs: add its file first, make it active later.
/// </summary>
internal static class KeySetEndpoint
{
    public static void MapKeySet(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/.well-known/jwks.json", async (HttpContext context, JsonWebKeySet keys) =>
        {
            context.Response.ContentType = "application/json";
            context.Response.Headers.CacheControl = "public, max-age=300";
            context.Response.ContentLength = keys.Document.Length;
            await context.Response.Body.WriteAsync(keys.Document, context.RequestAborted);
        }).ExcludeFromDescription().AllowAnonymous();
}
