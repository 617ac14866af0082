using Aivo.Gateway.Primitives;
using Microsoft.AspNetCore.Http.Features;

namespace Aivo.Gateway.Http;

/// <summary>
/// The first middleware of the public listener: refuses what no client has reason to send, before routing and authentication look at
/// it. Needs no look at anything but the head of the request.
/// </summary>
/// <param name="refuse">Writes the answer of a denial; <c>Allow</c> is set before a 405.</param>
internal sealed class RequestGate(RequestDelegate next, HostAllowList hosts, Func<HttpContext, Denial, Task> refuse)
{
    /// <summary>What a 405 of the gate carries in <c>Allow</c>.</summary>
    public const string AllowedMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    public Task InvokeAsync(HttpContext context)
    {
        Denial? denial = Judge(context);
        if (denial is null)
        {
            return next(context);
        }

        if (denial == Denial.MethodNotAllowed)
        {
            context.Response.Headers.Allow = AllowedMethods;
        }

        return refuse(context, denial);
    }

    private Denial? Judge(HttpContext context)
    {
        HttpRequest request = context.Request;
        IHeaderDictionary headers = request.Headers;
        // The header itself: Request.Host would be the same, by way of a HostString.
        ReadOnlySpan<char> host = headers.Host.ToString();
        if (!hosts.Allows(host))
        {
            return Denial.BadRequest;
        }

        if (!IsKnownMethod(context))
        {
            return Denial.MethodNotAllowed;
        }

        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return TryFindPath(target, host, out ReadOnlySpan<char> path) && IsPathAccepted(context, path) && ConnectionGate.Accepts(request) ? null : Denial.BadRequest;
    }

    /// <summary>
    /// TRACE and TRACK echo credentials, CONNECT opens a tunnel, and a method that nobody here knows would pass a route whose policy
    /// was written for those that are known (SR-76). Names are case-sensitive (RFC 9110 section 9.1).
    /// </summary>
    private static bool IsKnownMethod(HttpContext context) => context.Request.Method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => true,
        // RFC 8441: a WebSocket over HTTP/2. Other protocols (connect-udp …) are tunnels.
        "CONNECT" => context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" },
        _ => false,
    };

    /// <summary>
    /// A path with one reading stays as it came. One with several becomes its canonical form, by which it is then routed, authorised and
    /// forwarded; and it is marked, so that it reaches no endpoint that has not asked for it (<see cref="CanonicalPaths"/>).
    /// </summary>
    private static bool IsPathAccepted(HttpContext context, ReadOnlySpan<char> path)
    {
        if (path.IsEmpty || PathGate.Accepts(path))
        {
            return true;
        }

        if (!CanonicalPath.TryMake(path, out string? canonical))
        {
            return false;
        }

        context.Request.Path = canonical;
        context.Features.Set(ChangedPath.Instance);
        return true;
    }

    /// <summary>The path of the target without the query; empty in absolute form without one. False where the target itself is refused.</summary>
    private static bool TryFindPath(ReadOnlySpan<char> target, ReadOnlySpan<char> host, out ReadOnlySpan<char> path)
    {
        path = default;

        // Visible ASCII only, in the query too: over HTTP/2 a space or line break could come this far. A fragment is never sent.
        if (target.ContainsAnyExceptInRange('!', '~') || target.Contains('#'))
        {
            return false;
        }

        int query = target.IndexOf('?');
        ReadOnlySpan<char> whole = query < 0 ? target : target[..query];
        if (whole.StartsWith('/'))
        {
            path = whole;
            return true;
        }

        // Absolute form: its authority and Host must agree (RFC 9112 section 3.2.2). What is neither (*, authority form) has no path.
        int scheme = whole.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || !(whole[..scheme].Equals("http", StringComparison.OrdinalIgnoreCase) || whole[..scheme].Equals("https", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        ReadOnlySpan<char> rest = whole[(scheme + 3)..];
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> authority = slash < 0 ? rest : rest[..slash];
        path = slash < 0 ? default : rest[slash..];
        return authority.Equals(host, StringComparison.OrdinalIgnoreCase);
    }
}
