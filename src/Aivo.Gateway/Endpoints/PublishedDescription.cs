using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Aivo.Gateway.Endpoints;

/// <summary>The description's bytes, made once: the endpoint is public, and to make the document anew for each caller would be work for free.</summary>
internal sealed class PublishedDescription([FromKeyedServices(ApiDescription.Document)] IOpenApiDocumentProvider provider)
{
    private readonly Lazy<Task<byte[]>> _bytes = new(async () =>
    {
        OpenApiDocument document = await provider.GetOpenApiDocumentAsync();
        string json = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
        return System.Text.Encoding.UTF8.GetBytes(json);
    });

    public async Task WriteAsync(HttpContext context)
    {
        byte[] bytes = await _bytes.Value;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
