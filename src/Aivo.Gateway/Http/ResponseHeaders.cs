using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>
/// Sets the headers that every answer on the public listeners carries: the request's identifier, and those of <c>Headers:Response</c> unless
/// the answer has them already. As the last step before the answer begins, so that no answer is without them, whoever makes it.
/// </summary>
internal sealed class ResponseHeaders
{
    private readonly RequestDelegate _next;
    private readonly KeyValuePair<string, StringValues>[] _configured;
    private readonly Func<object, Task> _set;

    public ResponseHeaders(RequestDelegate next, HeadersOptions options)
    {
        _next = next;
        _configured = [.. options.Response.Select(header => KeyValuePair.Create(header.Key, new StringValues(header.Value)))];
        _set = context => Set((HttpContext)context);
    }

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(_set, context);
        return _next(context);
    }

    private Task Set(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers[RequestIdentifiers.Name] = RequestIdentifiers.Of(context);
        foreach ((string name, StringValues value) in _configured)
        {
            headers.TryAdd(name, value);
        }

        return Task.CompletedTask;
    }
}
