using Aivo.Gateway.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Sends a request to another destination, once, when there was no connection to the first: its name, its port or its TLS failed, so it
/// has seen nothing of the request. Only an idempotent one (RFC 9110, section 9.2.2) without a body, of which nothing has to be read again.
/// </summary>
/// <remarks>
/// It goes before load balancing, so that the second attempt passes everything that the first has: the balancer, passive health, which hears
/// of both, and the last check.
/// </remarks>
internal sealed partial class ConnectRetry(GatewayMetrics metrics, ILogger<ConnectRetry> logger)
{
    public Task ForwardAsync(HttpContext context, RequestDelegate next)
    {
        IReverseProxyFeature proxy = context.GetReverseProxyFeature();
        return proxy.AvailableDestinations.Count > 1 && MayRepeat(context) ? ForwardAsync(context, proxy, next) : next(context);
    }

    private async Task ForwardAsync(HttpContext context, IReverseProxyFeature proxy, RequestDelegate next)
    {
        IReadOnlyList<DestinationState> all = proxy.AvailableDestinations;
        await next(context);
        if (!HasFailedToConnect(context) || proxy.ProxiedDestination is not { } failed)
        {
            return;
        }

        RouteRules rules = context.GetEndpoint()!.Metadata.GetRequiredMetadata<RouteRules>();
        metrics.ConnectRetried(rules.Route);
        Log.Retried(logger, rules.Route, rules.Cluster, failed.DestinationId);
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.Clear();
        proxy.ProxiedDestination = null;
        proxy.AvailableDestinations = [.. all.Where(destination => destination != failed)];
        await next(context);
    }

    private static bool MayRepeat(HttpContext context) =>
        context.Request.Method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE"
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
        && context.GetEndpoint()?.Metadata.GetMetadata<RouteRules>() is { Handling.RetriesConnect: true };

    private static bool HasFailedToConnect(HttpContext context) =>
        !context.Response.HasStarted
        && !context.RequestAborted.IsCancellationRequested
        && context.Features.Get<ForwardedRequest>() is null or { Refusal: null }
        && context.GetForwarderErrorFeature() is
        {
            Error: ForwarderError.Request, Exception: HttpRequestException
            {
                HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError,
            }
        };

    private static partial class Log
    {
        [LoggerMessage(905, LogLevel.Information, "Route {Route} reached no destination {Destination} of cluster {Cluster}; the request goes to another", EventName = "ConnectRetried")]
        public static partial void Retried(ILogger logger, string route, string cluster, string destination);
    }
}
