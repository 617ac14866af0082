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
internal sealed record RouteHandling(AuthorizationForwarding Authorization)
{
    public const string AuthorizationKey = "Authorization";

    /// <summary>As in <see cref="RouteRules.Lines"/>.</summary>
    public IReadOnlyList<string> Lines =>
    [
        Authorization switch
        {
            AuthorizationForwarding.Internal => "header Authorization: a token of the gateway's own, for this cluster",
            AuthorizationForwarding.Forward => "header Authorization: forwarded",
            _ => "header Authorization: removed",
        },
    ];

    /// <param name="anonymous">Whether nobody is known on the route.</param>
    /// <param name="key">The route's place in the configuration.</param>
    /// <param name="problems">Takes everything that is wrong; then the result is not to be used.</param>
    public static RouteHandling Read(RouteConfig route, bool anonymous, string key, List<SettingError> problems) =>
        new(AuthorizationOf(route, anonymous, key, problems));

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
}
