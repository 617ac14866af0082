using System.Text.Encodings.Web;
using System.Text.Json;

namespace Aivo.Gateway.Authentication;

/// <summary>What a rule looks at. The client is told the kind that refused it, never more.</summary>
internal enum CallerRuleKind
{
    Role,
    Scope,
    Claim,
    Tenant,
    Route,
}

/// <summary>One condition of a policy, compiled; every text compares ordinally. To ask it allocates nothing.</summary>
internal sealed class CallerRule
{
    private readonly string _claim;
    private readonly string _parameter;
    private readonly string[] _values;

    private CallerRule(CallerRuleKind kind, string claim, string parameter, IEnumerable<string> values)
    {
        (Kind, _claim, _parameter, _values) = (kind, claim, parameter, [.. values]);
        Name = kind switch
        {
            CallerRuleKind.Role => "role",
            CallerRuleKind.Scope => "scope",
            CallerRuleKind.Claim => "claim",
            CallerRuleKind.Tenant => "tenant",
            _ => "route",
        };
    }

    public CallerRuleKind Kind { get; }

    /// <summary>The kind as answers, log lines and metrics name it.</summary>
    public string Name { get; }

    /// <summary>The caller has one of the roles.</summary>
    public static CallerRule Role(IEnumerable<string> roles) => new(CallerRuleKind.Role, "role", "", roles);

    /// <summary>The token has every one of the scopes.</summary>
    public static CallerRule Scope(IEnumerable<string> scopes) => new(CallerRuleKind.Scope, "scope", "", scopes);

    /// <summary>The claim has one of the values; where there are none, it has any value at all.</summary>
    public static CallerRule Claim(string claim, IEnumerable<string> values) => new(CallerRuleKind.Claim, claim, "", values);

    /// <summary>The caller belongs to one of the tenants.</summary>
    /// <param name="tenants">Ids as tokens write them.</param>
    public static CallerRule Tenant(IEnumerable<string> tenants) => new(CallerRuleKind.Tenant, "tenant_id", "", tenants);

    /// <summary>The value that the path has for the parameter is a value of the claim, or the caller has one of the roles that may pass.</summary>
    public static CallerRule Route(string parameter, string claim, IEnumerable<string> passRoles) => new(CallerRuleKind.Route, claim, parameter, passRoles);

    /// <param name="route">The values that the request's path has for the parameters of the route's path, decoded as it is forwarded.</param>
    public bool Allows(CallerClaims claims, RouteValueDictionary route) => Kind switch
    {
        CallerRuleKind.Scope => HasAll(claims.Scopes),
        CallerRuleKind.Claim when _values.Length == 0 => claims.Values(_claim).Length > 0,
        CallerRuleKind.Route => Matches(route, claims.Values(_claim)) || HasAny(claims.Values("role")),
        _ => HasAny(claims.Values(_claim)),
    };

    /// <summary>The rule in words, values in quotes: rules that differ have different texts.</summary>
    public override string ToString() => Kind switch
    {
        CallerRuleKind.Scope => $"scope has {Quoted(" and ")}",
        CallerRuleKind.Claim when _values.Length == 0 => $"claim {Quote(_claim)} is there",
        CallerRuleKind.Claim => $"claim {Quote(_claim)} is {Quoted(" or ")}",
        CallerRuleKind.Route => $"{{{_parameter}}} of the path is claim {Quote(_claim)}{(_values.Length == 0 ? "" : $", or role is {Quoted(" or ")}")}",
        _ => $"{Name} is {Quoted(" or ")}",
    };

    private bool HasAny(string[] present)
    {
        foreach (string value in present)
        {
            if (Array.IndexOf(_values, value) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasAll(string[] present)
    {
        foreach (string value in _values)
        {
            if (Array.IndexOf(present, value) < 0)
            {
                return false;
            }
        }

        return true;
    }

    private bool Matches(RouteValueDictionary route, string[] present) =>
        route.TryGetValue(_parameter, out object? value) && value is string { Length: > 0 } text && Array.IndexOf(present, text) >= 0;

    private string Quoted(string separator) => string.Join(separator, _values.Select(Quote));

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
