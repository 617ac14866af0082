using System.Globalization;

namespace Aivo.Gateway.Http;

/// <summary>The <c>RateLimit-*</c> headers of an answer under a limit.</summary>
internal static class LimitHeaders
{
    /// <param name="headers">The answer's headers.</param>
    /// <param name="limit">How many requests the window takes.</param>
    /// <param name="remaining">How many of them are left.</param>
    /// <param name="reset">When the window ends, in seconds from now.</param>
    public static void Set(IHeaderDictionary headers, int limit, int remaining, int reset)
    {
        headers["RateLimit-Limit"] = limit.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = remaining.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Reset"] = reset.ToString(CultureInfo.InvariantCulture);
    }
}
