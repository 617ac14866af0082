using Aivo.Gateway.Authentication;
using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// The short form of a policy in a route's metadata, where a value is one text: <c>Roles</c> = <c>a,b</c>; <c>Claims</c> =
/// <c>name=v1|v2; name2</c>; <c>RouteClaims</c> = <c>learnerId=learner_uid; pass=admin,teacher</c>. White space around a part does not
/// count. What the separators cannot express goes under a name in <c>Gateway:Policies</c>.
/// </summary>
internal static class PolicyTexts
{
    public const string RolesKey = "Roles";
    public const string ClaimsKey = "Claims";
    public const string RouteClaimsKey = "RouteClaims";

    /// <summary>In the short form of <c>RouteClaims</c>: the roles for which the others do not count.</summary>
    private const string Pass = "pass";

    /// <param name="value">The text that the metadata has for a key; null where it does not.</param>
    /// <param name="report">Takes the key, the text, what is wrong with it and the fix.</param>
    /// <returns>Null where the route has no short form.</returns>
    public static PolicyOptions? Read(Func<string, string?> value, Action<string, string, string, string> report)
    {
        PolicyOptions? policy = null;
        if (value(RolesKey) is { } roles)
        {
            policy = (policy ?? PolicyOptions.Empty) with { Roles = List(roles, ',', (problem) => report(RolesKey, roles, problem, "Write roles separated by commas, such as teacher,admin.")) };
        }

        if (value(ClaimsKey) is { } claims)
        {
            policy = (policy ?? PolicyOptions.Empty) with { Claims = Claims(claims, problem => report(ClaimsKey, claims, problem, "Write claims separated by semicolons, such as plan=gold|silver; verified.")) };
        }

        if (value(RouteClaimsKey) is { } routeClaims)
        {
            policy = RouteClaims(policy ?? PolicyOptions.Empty, routeClaims,
                problem => report(RouteClaimsKey, routeClaims, problem, "Write a parameter of the path and its claim, such as learnerId=learner_uid; pass=admin,teacher."));
        }

        return policy;
    }

    private static Dictionary<string, IReadOnlyList<string>> Claims(string text, Action<string> report)
    {
        var claims = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string? values) in Pairs(text, report))
        {
            if (!PolicyOptions.IsClaim(name))
            {
                report($"has '{name}', which is not the name of a claim.");
            }

            claims[name] = values is null ? [] : List(values, '|', report);
        }

        return claims;
    }

    private static PolicyOptions RouteClaims(PolicyOptions policy, string text, Action<string> report)
    {
        var pairs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        List<string> pass = [];
        foreach ((string name, string? value) in Pairs(text, report))
        {
            if (value is null)
            {
                report($"has '{name}' without '=' and a value.");
            }
            else if (name.Equals(Pass, StringComparison.OrdinalIgnoreCase))
            {
                pass = List(value, ',', report);
            }
            else if (PolicyOptions.IsClaim(value))
            {
                pairs[name] = value;
            }
            else
            {
                report($"has '{value}', which is not the name of a claim.");
            }
        }

        if (pairs.Count == 0 && pass.Count > 0)
        {
            report("names no parameter of the path.");
        }

        return policy with { RouteClaims = pairs, PassRoles = pass };
    }

    /// <summary>The parts of <c>name=value; name</c>, each name once.</summary>
    private static IEnumerable<(string Name, string? Value)> Pairs(string text, Action<string> report)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string part in text.Split(';', StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string name = (equals < 0 ? part : part[..equals]).TrimEnd();
            if (name.Length == 0)
            {
                report("has an empty part.");
            }
            else if (!names.Add(name))
            {
                report($"has '{name}' twice.");
            }
            else
            {
                yield return (name, equals < 0 ? null : part[(equals + 1)..].TrimStart());
            }
        }
    }

    private static List<string> List(string text, char separator, Action<string> report)
    {
        List<string> items = [];
        foreach (string item in text.Split(separator, StringSplitOptions.TrimEntries))
        {
            if (item.Length == 0)
            {
                report("has an empty part.");
            }
            else if (items.Contains(item, StringComparer.OrdinalIgnoreCase))
            {
                report($"has '{item}' twice.");
            }
            else
            {
                items.Add(item);
            }
        }

        return items;
    }
}
