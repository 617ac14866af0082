using System.Diagnostics;
using System.Net.Http.Headers;
using Aivo.Gateway.Http;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// What the gateway adds to a request and takes from a response. They come after the route's own transforms, so that nothing in the
/// configuration has the last word about identity.
/// </summary>
internal static class DestinationTransforms
{
    public static void Add(TransformBuilderContext context)
    {
        var hooks = context.Services.GetRequiredService<ForwardingHooks>();
        context.RequestTransforms.Add(new SetIdentityAndTrace(hooks));
        context.RequestTransforms.Add(new KeepQuery());
        context.ResponseTransforms.Add(new TidyResponse(hooks));
        if (context.Services.GetRequiredService<CompiledRoutes>().RulesOf(context.Route).Cors is not null)
        {
            context.ResponseTransforms.Add(new DecideOrigins());
        }

        context.ResponseTransforms.Add(new BecomeStream(context.Services.GetRequiredService<ForwardedRequests>()));
    }

    /// <summary>Where the gateway says which origins may call a route, a destination does not: a second opinion would be a wider one.</summary>
    private sealed class DecideOrigins : ResponseTransform
    {
        private static readonly string[] Names =
        [
            HeaderNames.AccessControlAllowOrigin, HeaderNames.AccessControlAllowCredentials, HeaderNames.AccessControlExposeHeaders,
            HeaderNames.AccessControlAllowMethods, HeaderNames.AccessControlAllowHeaders, HeaderNames.AccessControlMaxAge,
        ];

        public override ValueTask ApplyAsync(ResponseTransformContext context)
        {
            foreach (string name in Names)
            {
                context.HttpContext.Response.Headers.Remove(name);
            }

            return ValueTask.CompletedTask;
        }
    }

    private sealed class BecomeStream(ForwardedRequests requests) : ResponseTransform
    {
        public override ValueTask ApplyAsync(ResponseTransformContext context)
        {
            requests.Answered(context);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class SetIdentityAndTrace(ForwardingHooks hooks) : RequestTransform
    {
        public override ValueTask ApplyAsync(RequestTransformContext context)
        {
            HttpRequestHeaders headers = context.ProxyRequest.Headers;
            if (hooks.IdentityOf(context.HttpContext) is { } identity)
            {
                foreach ((string name, string value) in identity.Values)
                {
                    headers.TryAddWithoutValidation(name, value);
                }
            }

            if (context.HttpContext.Features.Get<ForwardedRequest>()?.Authorization is { } authorization)
            {
                headers.Remove(HeaderNames.Authorization);
                headers.TryAddWithoutValidation(HeaderNames.Authorization, authorization);
            }

            // W3C Trace Context: the destination's parent is the gateway's own span.
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            {
                if (!headers.NonValidated.Contains(RequestIdentifiers.Name))
                {
                    headers.TryAddWithoutValidation(RequestIdentifiers.Name, activity.TraceId.ToHexString());
                }

                headers.TryAddWithoutValidation(HeaderNames.TraceParent, activity.Id);
                if (activity.TraceStateString is { Length: > 0 } state)
                {
                    headers.TryAddWithoutValidation(HeaderNames.TraceState, state);
                }
            }

            return ValueTask.CompletedTask;
        }
    }

    /// <summary>
    /// Sends the query as it came: a Uri would decode <c>%2e</c> and its like, and break what a client has signed. The request's gate
    /// lets only visible ASCII into a query, so nothing in it can end the request line.
    /// </summary>
    private sealed class KeepQuery : RequestTransform
    {
        private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

        public override ValueTask ApplyAsync(RequestTransformContext context)
        {
            if (context.ProxyRequest.RequestUri is null && context.HttpContext.Request.QueryString is { HasValue: true, Value: { } query }
                && query.Contains('%', StringComparison.Ordinal))
            {
                Uri path = RequestUtilities.MakeDestinationAddress(context.DestinationPrefix, context.Path, QueryString.Empty);
                // Not the request's own: the route's transforms may have changed it.
                context.ProxyRequest.RequestUri = new Uri(path.AbsoluteUri + context.Query.QueryString.ToUriComponent(), AsWritten);
            }

            return ValueTask.CompletedTask;
        }
    }

    private sealed class TidyResponse(ForwardingHooks hooks) : ResponseTransform
    {
        /// <summary>Names of products and their versions help an attacker only (SR-83).</summary>
        private static readonly string[] Telltales = ["X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version"];

        public override ValueTask ApplyAsync(ResponseTransformContext context)
        {
            if (context.ProxyResponse is null)
            {
                return ValueTask.CompletedTask;
            }

            HttpResponse response = context.HttpContext.Response;
            IHeaderDictionary headers = response.Headers;
            headers.Server = default;
            foreach (string name in Telltales)
            {
                headers.Remove(name);
            }

            // A shared cache may not keep what one user was shown, unless the destination says so (RFC 9111 section 3.5, SR-84).
            if (headers.CacheControl.Count == 0 && response.StatusCode != StatusCodes.Status101SwitchingProtocols
                && hooks.IdentityOf(context.HttpContext) is not null)
            {
                headers.CacheControl = "private";
            }

            return ValueTask.CompletedTask;
        }
    }
}
