using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>
/// Turns what a request throws into the contract's answer: a store that is away is 503, a request that breaks off is 400, everything
/// else 500 with a trace id that leads to the log line. No text of an exception reaches a client.
/// </summary>
internal sealed partial class ErrorHandler(RequestDelegate next, ILogger<ErrorHandler> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        Task task;
        try
        {
            task = next(context);
        }
        catch (Exception exception)
        {
            task = Task.FromException(exception);
        }

        return task.IsCompletedSuccessfully ? task : AwaitAsync(context, task);
    }

    private async Task AwaitAsync(HttpContext context, Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            // The client went away: nobody is left to answer.
        }
        catch (StoreUnavailableException exception)
        {
            Log.StoreUnavailable(logger, exception.Store, exception.InnerException?.Message ?? "no further reason");
            await DenialResponse.WriteAsync(context, Denial.TemporarilyUnavailable, "store_unavailable");
        }
        catch (OperationCanceledException)
        {
            // Our own bound on how long a request may be worked on.
            await DenialResponse.WriteAsync(context, Denial.TemporarilyUnavailable, "took_too_long");
        }
        catch (BadHttpRequestException exception)
        {
            await DenialResponse.WriteAsync(context, exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? Denial.PayloadTooLarge : Denial.BadRequest);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, context.Request.Method, context.Request.Path);
            await DenialResponse.WriteAsync(context, Denial.InternalError);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Warning, "The store {Store} is not available: {Reason}", EventName = "StoreUnavailable")]
        public static partial void StoreUnavailable(ILogger logger, string store, string reason);

        [LoggerMessage(111, LogLevel.Error, "{Method} {Path} failed", EventName = "RequestFailed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, PathString path);
    }
}
