using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Aivo.Gateway.Forwarding;

/// <summary>Around everything the proxy does with one request: cleans its headers before, answers for the forwarder's failures after.</summary>
internal sealed partial class ForwardingMiddleware(
    RequestDelegate next, HeaderCleaning cleaning, ForwardingHooks hooks, ILogger<ForwardingMiddleware> logger)
{
    /// <summary>Seconds in <c>Retry-After</c> where no destination can take the request.</summary>
    private const string RetryAfter = "1";

    public Task InvokeAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        if (!cleaning.TryClean(headers))
        {
            return hooks.Refuse(context, Denial.BadRequest);
        }

        WebSocketTokens.RemoveTokens(headers);
        RouteRules rules = context.GetEndpoint()!.Metadata.GetRequiredMetadata<RouteRules>();
        if (rules.Handling.Authorization != AuthorizationForwarding.Forward)
        {
            // SR-82. On a route that strips it, a transform of its own may still set one for the destination.
            headers.Authorization = default;
        }

        return ForwardAsync(context, rules.Cluster);
    }

    private async Task ForwardAsync(HttpContext context, string cluster)
    {
        await next(context);
        if (context.Features.Get<ForwardedRequest>() is { } request)
        {
            if (request.Refusal is { } refusal)
            {
                // Neither what the destination said nor that it was cut off.
                context.Response.Clear();
                await hooks.Refuse(context, refusal);
                return;
            }

            if (request.End != StreamEnd.None)
            {
                return;
            }
        }

        IReverseProxyFeature proxy = context.GetReverseProxyFeature();
        if (ForwarderErrors.DenialFor(context) is not { } denial)
        {
            if (proxy.ProxiedDestination is not null)
            {
                hooks.Forwarded?.Invoke(proxy.Route.Config.RouteId, context.Response.StatusCode);
            }

            return;
        }

        Log.Failed(logger, proxy.Route.Config.RouteId, cluster, proxy.ProxiedDestination?.DestinationId,
            context.GetForwarderErrorFeature()?.Error ?? ForwarderError.None, denial.Code);
        context.Response.Clear();
        if (denial == Denial.TemporarilyUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfter;
        }

        // After a route's timeout it is cancelled already, though the client still waits.
        context.RequestAborted = CancellationToken.None;
        await hooks.Refuse(context, denial);
    }

    private static partial class Log
    {
        [LoggerMessage(900, LogLevel.Warning, "Not forwarded: route {Route}, cluster {Cluster}, destination {Destination}, {Error}; answered {Code}.",
            EventName = "ForwardingFailed")]
        public static partial void Failed(ILogger logger, string route, string cluster, string? destination, ForwarderError error, string code);
    }
}
