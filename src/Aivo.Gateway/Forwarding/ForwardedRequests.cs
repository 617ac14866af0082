using System.Net;
using System.Net.Http.Headers;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tokens;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// The last step before the forwarder: registers the request, then asks whether it may still pass (revocation.md, rule 3). And the first
/// step behind it: decides at the response headers whether the request has become a stream.
/// </summary>
internal sealed partial class ForwardedRequests(
    ForwardingHooks hooks, RequestsInFlight inFlight, RevocationOptions revocation, StreamOptions options, GatewayMetrics metrics, TimeProvider time,
    ILogger<ForwardedRequests> logger)
{
    private readonly bool _finishes = revocation.InFlight == InFlight.Finish;
    private int _streams;

    /// <summary>Set while the node stops: no further stream begins.</summary>
    public bool IsDraining { get; set; }

    /// <summary>How many streams are open, by kind. Goes through all requests: for metrics.</summary>
    public IEnumerable<(string Kind, int Count)> OpenStreams()
    {
        List<RequestInFlight> all = inFlight.Snapshot();
        return new[] { StreamKind.WebSocket, StreamKind.EventStream, StreamKind.Grpc }
            .Select(kind => (kind.Word(), all.Count(request => ((ForwardedRequest)request).Kind == kind)));
    }

    public Task ForwardAsync(HttpContext context, RequestDelegate next)
    {
        if (hooks.TokenOf(context) is { } token)
        {
            return ForwardAsync(context, token, next);
        }

        return hooks.CheckLast(context) is { } denial ? hooks.Refuse(context, denial) : next(context);
    }

    /// <summary>At the response headers, before any of them is passed on.</summary>
    public void Answered(ResponseTransformContext context)
    {
        if (context.ProxyResponse is not { } response || context.HttpContext.Features.Get<ForwardedRequest>() is not { } request)
        {
            return;
        }

        StreamKind kind = KindOf(context.HttpContext, response);
        if (kind.IsLimited() && !request.HoldsPlace && Admit(request) is { } denial)
        {
            request.Refuse(denial);
        }

        // Without the body the forwarder lets go of the destination; the middleware then answers the refusal.
        context.SuppressResponseBody |= !request.TryAnswer(kind, time.GetTimestamp());
    }

    /// <summary>A request without response headers was turned into a refusal.</summary>
    public void Aborted() => metrics.RequestAborted();

    /// <summary>A stream is being cut.</summary>
    public void Cut(ForwardedRequest request)
    {
        metrics.StreamCut(request.Kind.Word(), request.End.Word());
        Log.Cut(logger, request.Kind, request.Session, request.End.Word());
    }

    private async Task ForwardAsync(HttpContext context, AccessToken token, RequestDelegate next)
    {
        using var request = new ForwardedRequest(context, token, _finishes, this);
        context.Features.Set(request);
        inFlight.Add(request);
        try
        {
            bool socket = WebSocketUpgrade.IsAsked(context);
            if ((socket ? Admit(request) : null) is { } full)
            {
                request.Refuse(full);
                return;
            }

            Introduce(context, request);
            if (hooks.CheckLast(context) is { } denial)
            {
                request.Refuse(denial);
                return;
            }

            request.Begin();
            if (socket)
            {
                WebSocketUpgrade.Relay(context, request, time);
            }

            await next(context);
        }
        finally
        {
            inFlight.Remove(request);
            if (request.HoldsPlace)
            {
                Interlocked.Decrement(ref _streams);
                WebSocketUpgrade.Restore(context);
            }
        }
    }

    /// <summary>
    /// Finds or makes the token that tells the destination who calls. Signing can wait for other requests that sign, so the last check comes
    /// after it; everything that refuses a request for another reason has come before.
    /// </summary>
    private void Introduce(HttpContext context, ForwardedRequest request)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RouteRules>() is { Handling.Authorization: AuthorizationForwarding.Internal } rules)
        {
            request.Authorization = hooks.InternalAuthorizationOf(context, rules.Cluster);
        }
    }

    /// <summary>Gives the request a place among the streams, or says why there is none.</summary>
    private Denial? Admit(ForwardedRequest request)
    {
        request.HoldsPlace = true;
        Denial? denial = Interlocked.Increment(ref _streams) > options.MaxPerNode || IsDraining ? Denial.TemporarilyUnavailable : null;
        if (denial is null && inFlight.Count(request.Session, static other => ((ForwardedRequest)other).HoldsPlace) > options.MaxPerSession)
        {
            denial = Denial.RateLimited;
        }

        if (denial is not null)
        {
            metrics.StreamRefused(denial.Code);
        }

        return denial;
    }

    private static StreamKind KindOf(HttpContext context, HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols || (response.StatusCode == HttpStatusCode.OK && HttpMethods.IsConnect(context.Request.Method)))
        {
            return StreamKind.WebSocket;
        }

        if (!response.Content.Headers.NonValidated.TryGetValues("Content-Type", out HeaderStringValues types))
        {
            return StreamKind.Answer;
        }

        string type = types.ToString();
        return type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) ? StreamKind.EventStream
            : type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) ? StreamKind.Grpc
            : StreamKind.Answer;
    }

    private static partial class Log
    {
        [LoggerMessage(901, LogLevel.Information, "Cut a stream ({Kind}) of session {Session}: {Reason}", EventName = "StreamCut")]
        public static partial void Cut(ILogger logger, StreamKind kind, SessionId session, string reason);
    }
}
