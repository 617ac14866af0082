using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>On an endpoint that is under maintenance.</summary>
/// <param name="RetryAfter">When clients are told to come again.</param>
internal sealed record MaintenanceMetadata(TimeSpan RetryAfter);

/// <summary>Answers 503 for endpoints under maintenance, before anything is asked about the caller.</summary>
internal sealed class Maintenance(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<MaintenanceMetadata>() is { } maintenance
            ? DenialResponse.WriteAsync(context, Denial.TemporarilyUnavailable, "maintenance", [], maintenance.RetryAfter)
            : next(context);
}
