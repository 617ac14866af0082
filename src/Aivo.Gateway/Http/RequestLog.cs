namespace Aivo.Gateway.Http;

/// <summary>
/// One line a request: every refusal and failure, and with <c>Gateway:AccessLog</c> every request. The query string is left out, since
/// clients put secrets there.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, GatewayOptions options, TimeProvider time, ILogger<RequestLog> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        long began = time.GetTimestamp();
        Task task = next(context);
        if (!task.IsCompletedSuccessfully)
        {
            return AwaitAsync(context, task, began);
        }

        Write(context, began);
        return task;
    }

    private async Task AwaitAsync(HttpContext context, Task task, long began)
    {
        await task;
        Write(context, began);
    }

    private void Write(HttpContext context, long began)
    {
        Refusal? refusal = context.Features.Get<Refusal>();
        if (refusal is null && !options.AccessLog)
        {
            return;
        }

        double milliseconds = time.GetElapsedTime(began).TotalMilliseconds;
        if (refusal is not null)
        {
            Log.Refused(logger, context.Request.Method, context.Request.Path, context.Response.StatusCode, refusal.Denial.Code, refusal.Reason, context.Connection.RemoteIpAddress, milliseconds);
        }
        else
        {
            Log.Answered(logger, context.Request.Method, context.Request.Path, context.Response.StatusCode, context.Connection.RemoteIpAddress, milliseconds);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Information, "{Method} {Path} answered {Status} to {Address} in {Milliseconds} ms", EventName = "RequestAnswered")]
        public static partial void Answered(ILogger logger, string method, PathString path, int status, System.Net.IPAddress? address, double milliseconds);

        [LoggerMessage(121, LogLevel.Information, "{Method} {Path} refused with {Status} {Code} ({Reason}) to {Address} in {Milliseconds} ms", EventName = "RequestRefused")]
        public static partial void Refused(ILogger logger, string method, PathString path, int status, string code, string? reason, System.Net.IPAddress? address, double milliseconds);
    }
}
