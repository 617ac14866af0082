namespace Aivo.Gateway.Http;

/// <summary>
/// One line for every request that was not refused; in the pipeline only with <c>Gateway:AccessLog</c>. The query string is left out,
/// since clients put secrets there.
/// </summary>
internal sealed partial class AccessLog(RequestDelegate next, TimeProvider time, ILogger<AccessLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        long began = time.GetTimestamp();
        await next(context);
        if (context.Features.Get<Refusal>() is null)
        {
            Log.Answered(logger, context.Request.Method, context.Request.Path, context.Response.StatusCode, context.Connection.RemoteIpAddress, time.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Information, "{Method} {Path} answered {Status} to {Address} in {Milliseconds} ms", EventName = "RequestAnswered")]
        public static partial void Answered(ILogger logger, string method, PathString path, int status, System.Net.IPAddress? address, double milliseconds);
    }
}
