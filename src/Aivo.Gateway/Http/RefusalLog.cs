using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Http;

/// <summary>Notes every refusal: one line that its trace id finds, one count by its code.</summary>
internal sealed partial class RefusalLog(GatewayMetrics metrics, ILogger<RefusalLog> logger)
{
    /// <param name="context">The refused request; its query string is left out, since clients put secrets there.</param>
    /// <param name="denial">What the client is told.</param>
    /// <param name="reason">What the client is not told, or null.</param>
    public void Write(HttpContext context, Denial denial, string? reason)
    {
        metrics.Refusal(denial.Code);
        Log.Refused(logger, context.Request.Method, context.Request.Path, denial.Status, denial.Code, reason, context.Connection.RemoteIpAddress);
    }

    private static partial class Log
    {
        [LoggerMessage(121, LogLevel.Information, "{Method} {Path} refused with {Status} {Code} ({Reason}) to {Address}", EventName = "RequestRefused")]
        public static partial void Refused(ILogger logger, string method, PathString path, int status, string code, string? reason, System.Net.IPAddress? address);
    }
}
