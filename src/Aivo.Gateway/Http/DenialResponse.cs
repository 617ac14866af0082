using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>
/// Writes every answer by which the gateway itself refuses, in the contract's shape:
/// <c>{"error", "message", "details": {"traceId"}}</c> and, for a body that does not fit, <c>validationErrors</c>.
/// </summary>
internal static class DenialResponse
{
    /// <summary>The realm of every challenge (RFC 6750, section 3).</summary>
    private const string Challenge = "Bearer realm=\"aivo\"";

    public static Task WriteAsync(HttpContext context, Denial denial) => WriteAsync(context, denial, null, [], null);

    public static Task WriteAsync(HttpContext context, Denial denial, string? reason) => WriteAsync(context, denial, reason, [], null);

    public static Task WriteAsync(HttpContext context, IReadOnlyList<ValidationFault> faults) => WriteAsync(context, Denial.ValidationFailed, null, faults, null);

    public static Task WriteAsync(HttpContext context, Denial denial, TimeSpan retryAfter) => WriteAsync(context, denial, null, [], retryAfter);

    /// <summary>A policy's refusal. The client is told which kind of rule refused it, not what the rule asks for.</summary>
    public static Task WriteForbiddenAsync(HttpContext context, string rule) => WriteAsync(context, Denial.Forbidden, rule, [], null, rule);

    public static async Task WriteAsync(
        HttpContext context, Denial denial, string? reason, IReadOnlyList<ValidationFault> faults, TimeSpan? retryAfter, string? rule = null)
    {
        context.Features.Set(new Refusal(denial, reason));
        context.RequestServices.GetRequiredService<RefusalLog>().Write(context, denial, reason);
        HttpResponse response = context.Response;
        if (response.HasStarted)
        {
            // Nothing can be said any more: the client must not take a part for the whole.
            context.Abort();
            return;
        }

        response.StatusCode = denial.Status;
        IHeaderDictionary headers = response.Headers;
        headers.ContentType = "application/json; charset=utf-8";
        headers.CacheControl = "no-store";
        headers.ContentLength = null;
        if (denial.Status == StatusCodes.Status401Unauthorized)
        {
            // RFC 6750, section 3.1: no error code where no token was sent; never a description that helps to forge one.
            headers.WWWAuthenticate = denial == Denial.InvalidToken ? Challenge + ", error=\"invalid_token\"" : Challenge;
        }
        else if (retryAfter is { } wait)
        {
            headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
        else if (denial.Status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
        {
            headers.RetryAfter = "1";
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        byte[] body = Body(denial, faults, TraceId(context), rule);
        headers.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The W3C trace id, by which the log line is found.</summary>
    public static string TraceId(HttpContext context) =>
        Activity.Current is { } activity ? activity.TraceId.ToHexString() : context.TraceIdentifier;

    private static byte[] Body(Denial denial, IReadOnlyList<ValidationFault> faults, string traceId, string? rule)
    {
        using var buffer = new MemoryStream(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("error"u8, denial.Code);
            writer.WriteString("message"u8, denial.Message);
            writer.WriteStartObject("details"u8);
            writer.WriteString("traceId"u8, traceId);
            if (rule is not null)
            {
                writer.WriteString("rule"u8, rule);
            }

            writer.WriteEndObject();
            if (faults.Count > 0)
            {
                writer.WriteStartArray("validationErrors"u8);
                foreach (ValidationFault fault in faults)
                {
                    writer.WriteStartObject();
                    writer.WriteString("field"u8, fault.Field);
                    writer.WriteString("message"u8, fault.Message);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
