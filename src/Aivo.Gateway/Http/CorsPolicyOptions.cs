using Aivo.Gateway.Configuration;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Aivo.Gateway.Http;

/// <summary>Which pages of other origins may call a route (CORS, the Fetch standard), under a name in <c>Gateway:CorsPolicies</c>.</summary>
/// <param name="MaxAge">How long a browser may keep the answer to a preflight.</param>
internal sealed record CorsPolicyOptions(
    IReadOnlyList<string> Origins, IReadOnlyList<string> Methods, IReadOnlyList<string> Headers, IReadOnlyList<string> ExposedHeaders,
    bool AllowCredentials, TimeSpan MaxAge)
{
    /// <summary>Stands for every origin; only without credentials.</summary>
    private const string AnyOrigin = "*";

    private static readonly string[] AllMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    private static readonly string[] RequestHeaders = ["Authorization", "Content-Type", "X-Request-Id", "traceparent", "tracestate"];

    private static readonly string[] AnswerHeaders = ["Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "WWW-Authenticate"];

    /// <summary>Names that mean something to the framework already.</summary>
    private static readonly string[] Taken = ["default", "disable"];

    /// <summary>What it allows, for a person and to see whether it has changed.</summary>
    public string Text =>
        $"{string.Join(' ', Origins)}; methods {string.Join(' ', Methods)}; headers {string.Join(' ', Headers)}; exposed {string.Join(' ', ExposedHeaders)}; "
        + $"{(AllowCredentials ? "with" : "without")} credentials; kept for {MaxAge:c}";

    /// <summary>Reads the section <c>CorsPolicies</c> of <c>Gateway</c>.</summary>
    public static IReadOnlyDictionary<string, CorsPolicyOptions> ReadAll(SettingReader gateway)
    {
        IReadOnlyDictionary<string, CorsPolicyOptions> policies = gateway.Sections("CorsPolicies", Read);
        foreach (string name in policies.Keys.Where(name => Taken.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            gateway.Error($"CorsPolicies:{name}", null, "has a name that means something else already.", "Choose another name.");
        }

        return policies;
    }

    public CorsPolicy ToPolicy()
    {
        var policy = new CorsPolicyBuilder([.. Origins]).WithMethods([.. Methods]).WithHeaders([.. Headers]).WithExposedHeaders([.. ExposedHeaders]).SetPreflightMaxAge(MaxAge);
        return (AllowCredentials ? policy.AllowCredentials() : policy).Build();
    }

    /// <summary>Whether the text is an origin as browsers write it.</summary>
    public static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "https" or "http" && url.GetLeftPart(UriPartial.Authority) == text;

    private static CorsPolicyOptions Read(SettingReader reader)
    {
        var options = new CorsPolicyOptions(
            reader.List("Origins", [], "Origins whose pages may call the route, each as scheme://host[:port]; * for all, without credentials only. Must be set."),
            Tokens(reader, "Methods", AllMethods, "Methods that they may use."),
            Tokens(reader, "Headers", RequestHeaders, "Request headers that they may set beyond those that browsers always allow."),
            Tokens(reader, "ExposedHeaders", AnswerHeaders, "Response headers that they may read beyond those that browsers always show."),
            reader.Flag("AllowCredentials", false, "Whether browsers may send cookies and other credentials of their own along."),
            reader.Duration("MaxAge", TimeSpan.FromMinutes(10), TimeSpan.Zero, TimeSpan.FromDays(1), "How long a browser may keep a preflight answer."));
        if (options.Origins.Count == 0)
        {
            reader.Error("Origins", null, "is empty, so the policy would allow nobody.", "Write the origins, such as https://app.example.com, or remove the policy.");
        }

        foreach (string origin in options.Origins.Where(origin => origin != AnyOrigin && !IsOrigin(origin)))
        {
            reader.Error("Origins", origin, "is not an origin.", "Write scheme://host[:port] in lower case without a path, such as https://app.example.com.");
        }

        if (options.Origins.Contains(AnyOrigin) && (options.AllowCredentials || options.Origins.Count > 1))
        {
            reader.Error("Origins", AnyOrigin, options.AllowCredentials ? "would let every page on the web use a user's credentials." : "stands for every origin, and others are written beside it.",
                options.AllowCredentials ? "List the origins, or set AllowCredentials to false." : "Write * alone, or list the origins.");
        }

        return options;
    }

    private static IReadOnlyList<string> Tokens(SettingReader reader, string name, IReadOnlyList<string> standard, string effect)
    {
        IReadOnlyList<string> texts = reader.List(name, standard, effect);
        foreach (string text in texts.Where(text => text.Length == 0 || !text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')))
        {
            reader.Error(name, text, "is not the name of a method or header; * is not taken, since it means nothing beside credentials.", "Write each name as an item of its own.");
        }

        return texts;
    }
}
