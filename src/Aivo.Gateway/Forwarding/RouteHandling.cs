using System.Globalization;
using Aivo.Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>What the destination receives as <c>Authorization</c>.</summary>
internal enum AuthorizationForwarding
{
    /// <summary>A token of the gateway's own, for this cluster alone, in place of the client's; the default where a caller is known.</summary>
    Internal,

    /// <summary>What the client sent.</summary>
    Forward,

    /// <summary>Nothing; all that an anonymous route has unless it forwards.</summary>
    Strip,
}

/// <summary>How the requests of a route are handled once it is known who may use it, from the route's metadata.</summary>
/// <param name="CanonicalPaths">Whether a path with several readings is taken, in its canonical form.</param>
/// <param name="Maintenance">When to come again, of a route under maintenance; null where it is not.</param>
/// <param name="RetriesConnect">Whether a request may go to another destination when there is no connection to the first.</param>
internal sealed record RouteHandling(AuthorizationForwarding Authorization, bool CanonicalPaths, TimeSpan? Maintenance, bool RetriesConnect)
{
    public const string AuthorizationKey = "Authorization";
    public const string MaintenanceKey = "Maintenance";
    public const string PathsKey = "Paths";
    public const string RetryKey = "Retry";

    private const string Canonical = "Canonical";

    /// <summary>Where a route under maintenance does not say when to come again.</summary>
    private static readonly TimeSpan StandardMaintenance = TimeSpan.FromMinutes(1);

    /// <summary>As in <see cref="RouteRules.Lines"/>.</summary>
    public IReadOnlyList<string> Lines =>
    [
        Authorization switch
        {
            AuthorizationForwarding.Internal => "header Authorization: a token of the gateway's own, for this cluster",
            AuthorizationForwarding.Forward => "header Authorization: forwarded",
            _ => "header Authorization: removed",
        },
        .. CanonicalPaths ? (string[])["paths with several readings: taken in canonical form"] : [],
        .. Maintenance is { } wait ? (string[])[$"maintenance: 503, come again after {wait.TotalSeconds} s"] : [],
        .. RetriesConnect ? [] : (string[])["no connection to a destination: not tried on another"],
    ];

    /// <param name="anonymous">Whether nobody is known on the route.</param>
    /// <param name="key">The route's place in the configuration.</param>
    /// <param name="problems">Takes everything that is wrong; then the result is not to be used.</param>
    public static RouteHandling Read(RouteConfig route, bool anonymous, string key, List<SettingError> problems) =>
        new(
            AuthorizationOf(route, anonymous, key, problems),
            RouteMetadata.Choice(route, key, PathsKey, ["Strict", Canonical], problems) is not null && TakesCanonicalPaths(route),
            MaintenanceOf(route, key, problems),
            RouteMetadata.Choice(route, key, RetryKey, ["Connect", "None"], problems) is not { } retry || retry.Equals("Connect", StringComparison.OrdinalIgnoreCase));

    public static bool TakesCanonicalPaths(RouteConfig route) => Canonical.Equals(RouteMetadata.Value(route, PathsKey), StringComparison.OrdinalIgnoreCase);

    private static AuthorizationForwarding AuthorizationOf(RouteConfig route, bool anonymous, string key, List<SettingError> problems)
    {
        AuthorizationForwarding? written = RouteMetadata.Choice(route, key, AuthorizationKey, Enum.GetNames<AuthorizationForwarding>(), problems) is { } text
            ? Enum.Parse<AuthorizationForwarding>(text, ignoreCase: true)
            : null;
        if (anonymous && written == AuthorizationForwarding.Internal)
        {
            problems.Add(new SettingError($"{key}:Metadata:{AuthorizationKey}", nameof(AuthorizationForwarding.Internal),
                "tells the destination who calls, and on an anonymous route nobody is known.", "Remove it, or write another policy."));
        }

        AuthorizationForwarding chosen = written ?? (anonymous ? AuthorizationForwarding.Strip : AuthorizationForwarding.Internal);
        if (chosen == AuthorizationForwarding.Internal && RouteCheck.SetHeaders(route).Any(header => header.Equals("Authorization", StringComparison.OrdinalIgnoreCase)))
        {
            problems.Add(new SettingError($"{key}:Transforms", "Authorization", "sets the header in which the gateway says who calls.",
                "Write the metadata Authorization: Strip beside it, or remove the transform."));
        }

        return chosen;
    }

    private static TimeSpan? MaintenanceOf(RouteConfig route, string key, List<SettingError> problems)
    {
        string? text = RouteMetadata.Value(route, MaintenanceKey);
        if (text is null || text.Equals("false", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (text.Equals("true", StringComparison.OrdinalIgnoreCase))
        {
            return StandardMaintenance;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds is >= 1 and <= 86_400)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        problems.Add(new SettingError($"{key}:Metadata:{MaintenanceKey}", text, "is neither true nor false nor a number of seconds.",
            "Write true, false, or after how many seconds clients are to come again, from 1 to 86400."));
        return null;
    }
}
