using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>On an endpoint that takes paths with several readings, in their canonical form.</summary>
internal sealed class CanonicalPathMetadata
{
    public static readonly CanonicalPathMetadata Instance = new();

    private CanonicalPathMetadata()
    {
    }
}

/// <summary>That the request's path is not the one it came with, but the canonical form of it; a request feature.</summary>
internal sealed class ChangedPath
{
    public static readonly ChangedPath Instance = new();

    private ChangedPath()
    {
    }
}

/// <summary>
/// Refuses a request whose path had to be made canonical, unless the endpoint asks for such paths; runs right after routing, since only
/// then the endpoint is known. Where there is none, it is refused all the same: odd paths are to learn nothing about routes.
/// </summary>
/// <param name="refuse">Writes the answer of a denial.</param>
internal sealed class CanonicalPaths(RequestDelegate next, Func<HttpContext, Denial, Task> refuse)
{
    public Task InvokeAsync(HttpContext context) =>
        context.Features.Get<ChangedPath>() is null || context.GetEndpoint()?.Metadata.GetMetadata<CanonicalPathMetadata>() is not null
            ? next(context)
            : refuse(context, Denial.BadRequest);
}
