using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>
/// Gives every request an <c>X-Request-Id</c> for its destination: the client's where it is well-formed, else the trace id. Answers do not
/// repeat it: two refusals that must not be told apart would differ. The W3C trace context is the framework's: accepted when
/// well-formed, else begun, and handed on.
/// </summary>
internal sealed class RequestIdentifier(RequestDelegate next)
{
    public const string Name = "X-Request-Id";
    private const int MaximumLength = 128;

    private static readonly SearchValues<char> Accepted =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+/=");

    public Task InvokeAsync(HttpContext context)
    {
        StringValues sent = context.Request.Headers[Name];
        if (!IsWellFormed(sent))
        {
            context.Request.Headers[Name] = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
        }

        return next(context);
    }

    private static bool IsWellFormed(StringValues sent) =>
        sent is [{ Length: > 0 and <= MaximumLength } value] && !value.AsSpan().ContainsAnyExcept(Accepted);
}
