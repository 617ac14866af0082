using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Http;

/// <summary><c>X-Request-Id</c>, towards a destination and back to the client: the client's where it is well-formed, else the trace id.</summary>
internal static class RequestIdentifiers
{
    public const string Name = "X-Request-Id";
    private const int MaximumLength = 128;

    private static readonly SearchValues<char> Accepted =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+/=");

    public static string Of(HttpContext context)
    {
        StringValues sent = context.Request.Headers[Name];
        return IsWellFormed(sent) ? sent.ToString() : DenialResponse.TraceId(context);
    }

    public static bool IsWellFormed(StringValues sent) =>
        sent is [{ Length: > 0 and <= MaximumLength } value] && !value.AsSpan().ContainsAnyExcept(Accepted);
}
