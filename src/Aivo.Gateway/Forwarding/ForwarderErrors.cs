using Aivo.Gateway.Primitives;
using Microsoft.AspNetCore.Http.Timeouts;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Aivo.Gateway.Forwarding;

/// <summary>Which denial stands for what the forwarder could not do, in place of its bare statuses.</summary>
internal static class ForwarderErrors
{
    /// <summary>
    /// The denial to answer with after the forwarder has run; null where there is nothing to say: it succeeded, the answer has begun,
    /// or the client is gone. A service's own error answers are none of these: they pass as they are.
    /// </summary>
    public static Denial? DenialFor(HttpContext context)
    {
        if (context.Response.HasStarted)
        {
            return null;
        }

        if (context.GetForwarderErrorFeature() is { } feature)
        {
            return DenialFor(context, feature);
        }

        // What stands between the load balancer and the forwarder may give up with a bare 503 (session affinity does).
        bool gaveUp = context.Response.StatusCode == StatusCodes.Status503ServiceUnavailable && context.Response.ContentType is null
            && context.Features.Get<IReverseProxyFeature>()?.ProxiedDestination is null;
        return gaveUp ? Denial.TemporarilyUnavailable : null;
    }

    private static Denial? DenialFor(HttpContext context, IForwarderErrorFeature feature)
    {
        // A route's own Timeout ends a request the way a client does that goes away: by RequestAborted.
        if (context.Features.Get<IHttpRequestTimeoutFeature>() is { RequestTimeoutToken.IsCancellationRequested: true })
        {
            return Denial.UpstreamTimeout;
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }

        return feature.Error switch
        {
            ForwarderError.NoAvailableDestinations => Denial.TemporarilyUnavailable,
            ForwarderError.RequestTimedOut => Denial.UpstreamTimeout,
            ForwarderError.RequestCreation => Denial.InternalError,
            ForwarderError.RequestBodyDestination when context.Response.StatusCode == StatusCodes.Status504GatewayTimeout => Denial.UpstreamTimeout,
            ForwarderError.RequestBodyClient when context.Response.StatusCode == StatusCodes.Status413PayloadTooLarge => Denial.PayloadTooLarge,
            ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled => Denial.BadRequest,
            _ => Denial.UpstreamUnreachable,
        };
    }
}
