using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>Gives requests that no endpoint takes (404), or not with this method (405), the contract's shape; runs right after routing.</summary>
internal sealed class UnansweredRequests(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) => context.GetEndpoint() switch
    {
        null => DenialResponse.WriteAsync(context, Denial.NotFound),
        RouteEndpoint => next(context),
        // Routing's own endpoint for a path whose route does not take the method: it only sets the status and Allow.
        var routing => MethodNotAllowedAsync(context, routing),
    };

    private static async Task MethodNotAllowedAsync(HttpContext context, Endpoint routing)
    {
        if (routing.RequestDelegate is { } answer)
        {
            await answer(context);
        }

        await DenialResponse.WriteAsync(context, context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed ? Denial.MethodNotAllowed : Denial.BadRequest);
    }
}
