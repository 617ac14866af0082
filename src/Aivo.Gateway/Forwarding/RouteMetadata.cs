using Aivo.Gateway.Authentication;
using Aivo.Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>A route's metadata, which are texts, read into what they mean.</summary>
/// <param name="Policy">What it asks of a caller, or null.</param>
internal sealed record RouteMetadata(bool WebSocketToken, PolicyOptions? Policy)
{
    private const string WebSocketTokenKey = "WebSocketToken";
    private const string Subprotocol = "Subprotocol";

    public static readonly string[] Known =
    [
        RouteHandling.AuthorizationKey, PolicyTexts.ClaimsKey, RouteHandling.MaintenanceKey, RouteHandling.PathsKey, RouteRateLimits.MetadataKey,
        RouteHandling.RetryKey, PolicyTexts.RolesKey, PolicyTexts.RouteClaimsKey, WebSocketTokenKey,
    ];

    /// <param name="key">The route's place in the configuration.</param>
    /// <param name="problems">Takes everything that is wrong; then the result is not to be used.</param>
    public static RouteMetadata Read(RouteConfig route, string key, List<SettingError> problems)
    {
        foreach ((string name, string? value) in route.Metadata ?? new Dictionary<string, string>())
        {
            Check($"{key}:Metadata:{name}", name, value, problems);
        }

        return new RouteMetadata(
            Choice(route, key, WebSocketTokenKey, [Subprotocol], problems) is not null,
            PolicyTexts.Read(name => Value(route, name), (name, value, problem, fix) => problems.Add(new SettingError($"{key}:Metadata:{name}", value, problem, fix))));
    }

    private static void Check(string key, string name, string? value, List<SettingError> problems)
    {
        if (!Known.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            problems.Add(new SettingError(key, value is null ? null : "***", "is not metadata that the gateway knows.",
                $"Remove it or correct the name; a route's metadata has: {string.Join(", ", Known)}."));
        }
        else if (string.IsNullOrWhiteSpace(value))
        {
            // The proxy hands objects, arrays and null over as null.
            problems.Add(new SettingError(key, value, "is empty or not a text.", "Write a text, or remove it."));
        }
    }

    /// <summary>The text where it is one of the choices, in any case; null where there is none, or a wrong one, which is reported.</summary>
    public static string? Choice(RouteConfig route, string key, string name, string[] choices, List<SettingError> problems)
    {
        if (Value(route, name) is not { } text || choices.Contains(text, StringComparer.OrdinalIgnoreCase))
        {
            return Value(route, name);
        }

        problems.Add(new SettingError($"{key}:Metadata:{name}", text, "is not one of the choices.", $"Write one of: {string.Join(", ", choices)}."));
        return null;
    }

    public static string? Value(RouteConfig route, string name) =>
        route.Metadata?.FirstOrDefault(entry => entry.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;
}
