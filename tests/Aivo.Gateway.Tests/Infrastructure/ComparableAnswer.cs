using System.Globalization;
using System.Text.RegularExpressions;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>An answer as one text, without what differs between two answers that are called identical: date, trace id (the request's identifier too) and waiting times.</summary>
internal static partial class ComparableAnswer
{
    private static readonly string[] Waits = ["Retry-After", "RateLimit-Reset"];

    public static async Task<string> ReadAsync(HttpResponseMessage answer)
    {
        IEnumerable<string> headers = from header in answer.Headers.Concat(answer.Content.Headers)
                                      where header.Key is not "Date" && !header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase)
                                      let value = string.Join(", ", header.Value)
                                      select $"{header.Key}: {(Waits.Contains(header.Key) ? Seconds(value) : value)}";
        string body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return $"{(int)answer.StatusCode}\n{string.Join('\n', headers)}\n{TraceId().Replace(body, "\"traceId\":\"\"")}";
    }

    /// <summary>A whole number of seconds from 1 on, or the test fails.</summary>
    private static string Seconds(string value)
    {
        Assert.True(int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture) >= 1);
        return "seconds";
    }

    [GeneratedRegex("\"traceId\":\"[0-9a-f]{32}\"")]
    private static partial Regex TraceId();
}
