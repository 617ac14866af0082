using Aivo.Gateway.Authentication;
using Aivo.Gateway.Configuration;
using Microsoft.AspNetCore.Routing.Patterns;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Who may use a route: its <c>AuthorizationPolicy</c>, and the short forms in its metadata. Both must hold where both are written.
/// Whatever is not understood is an error, never "everyone".
/// </summary>
/// <param name="key">The route's place in the configuration.</param>
internal sealed class RoutePolicyCheck(RouteConfig route, string key, RouteNames names, List<SettingError> problems)
{
    private const string Signed = "default";
    private const string Everyone = "anonymous";
    private const string WriteAPolicy = "Write \"default\" for signed-in users, \"anonymous\" for everyone, or the name of a policy under Gateway:Policies";

    private string PolicyKey => $"{key}:AuthorizationPolicy";

    /// <param name="shortForm">The policy in the route's metadata, or null.</param>
    /// <returns>Whether everyone may use the route, and if not, the rules beyond being signed in.</returns>
    public (bool Anonymous, IReadOnlyList<CallerRule> Rules) Run(PolicyOptions? shortForm)
    {
        bool anonymous = Is(route.AuthorizationPolicy, Everyone);
        PolicyOptions? named = anonymous || Is(route.AuthorizationPolicy, Signed) ? null : Named();
        if (named is not null)
        {
            CheckParameters(named, PolicyKey, route.AuthorizationPolicy!);
        }

        if (shortForm is not null)
        {
            CheckShortForm(shortForm, anonymous);
        }

        return (anonymous, [.. named?.Rules ?? [], .. shortForm?.Rules ?? []]);
    }

    private PolicyOptions? Named()
    {
        if (route.AuthorizationPolicy is not { Length: > 0 } name)
        {
            problems.Add(new SettingError(PolicyKey, null, "is not set, so nobody has said who may use this route.", $"{WriteAPolicy}."));
            return null;
        }

        string place = $"Gateway:Policies:{name}";
        SettingError[] faults = [.. names.Errors.Where(error => $"{error.Key}:".StartsWith($"{place}:", StringComparison.OrdinalIgnoreCase))];
        problems.AddRange(faults);
        if (names.Policies.TryGetValue(name, out PolicyOptions? policy))
        {
            return policy;
        }

        if (faults.Length == 0)
        {
            problems.Add(new SettingError(PolicyKey, name, "is not a policy that exists.",
                names.Policies.Count == 0 ? $"{WriteAPolicy}, which has none." : $"{WriteAPolicy}, which has: {string.Join(", ", names.Policies.Keys.Order(StringComparer.Ordinal))}."));
        }

        return null;
    }

    private void CheckShortForm(PolicyOptions policy, bool anonymous)
    {
        if (anonymous)
        {
            (string Name, bool Written)[] forms =
            [
                (PolicyTexts.RolesKey, policy.Roles.Count > 0), (PolicyTexts.ClaimsKey, policy.Claims.Count > 0), (PolicyTexts.RouteClaimsKey, policy.RouteClaims.Count > 0),
            ];
            foreach ((string name, _) in forms.Where(form => form.Written))
            {
                problems.Add(new SettingError($"{key}:Metadata:{name}", Metadata(name), "asks something of the caller, and the route is open to everyone.",
                    "Remove it, or write \"default\" as the route's AuthorizationPolicy."));
            }
        }

        CheckParameters(policy, $"{key}:Metadata:{PolicyTexts.RouteClaimsKey}", Metadata(PolicyTexts.RouteClaimsKey) ?? "");
    }

    /// <summary>A parameter that the path does not have would have no value, and the rule would refuse everybody it is about.</summary>
    private void CheckParameters(PolicyOptions policy, string setting, string value)
    {
        RoutePattern? pattern = null;
        try
        {
            pattern = RoutePatternFactory.Parse(route.Match.Path ?? "");
        }
        catch (RoutePatternException)
        {
            // The proxy says what is wrong with the path.
            return;
        }

        foreach (string parameter in policy.RouteClaims.Keys.Where(parameter => pattern.GetParameter(parameter) is null))
        {
            problems.Add(new SettingError(setting, value, $"compares the parameter '{parameter}', which the route's path does not have ({route.Match.Path ?? "no path"}).",
                $"Name the parameter in Match:Path, such as /{parameter.ToLowerInvariant()}s/{{{parameter}}}/{{**rest}}, or correct its name."));
        }
    }

    private string? Metadata(string name) =>
        route.Metadata?.FirstOrDefault(entry => Is(entry.Key, name)).Value;

    private static bool Is(string? left, string right) => right.Equals(left, StringComparison.OrdinalIgnoreCase);
}
