using Aivo.Gateway.Configuration;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Authentication;

/// <summary>A policy as it is configured, under a name in <c>Gateway:Policies</c> or on a route itself. All its parts must hold.</summary>
/// <param name="Roles">The caller has one of them; empty: any.</param>
/// <param name="Scopes">The token has all of them.</param>
/// <param name="Claims">Each claim has one of its values; no values: any.</param>
/// <param name="Tenants">The caller belongs to one of them; ids as tokens write them.</param>
/// <param name="RouteClaims">Parameter of the route's path to the claim that must have its value.</param>
/// <param name="PassRoles">Roles for which <paramref name="RouteClaims"/> does not count.</param>
internal sealed record PolicyOptions(
    IReadOnlyList<string> Roles,
    IReadOnlyList<string> Scopes,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Claims,
    IReadOnlyList<string> Tenants,
    IReadOnlyDictionary<string, string> RouteClaims,
    IReadOnlyList<string> PassRoles)
{
    public static readonly PolicyOptions Empty = new(
        [], [], new Dictionary<string, IReadOnlyList<string>>(), [], new Dictionary<string, string>(), []);

    /// <summary>Names that a route's <c>AuthorizationPolicy</c> has without any configuration.</summary>
    private static readonly string[] Taken = ["default", "anonymous"];

    private static readonly string[] Parts = ["Roles", "Scopes", "Claims", "Tenants", "RouteClaims"];

    /// <summary>The rules that must hold, in the order in which they are asked.</summary>
    public IEnumerable<CallerRule> Rules =>
    [
        .. Roles.Count > 0 ? [CallerRule.Role(Roles)] : (CallerRule[])[],
        .. Scopes.Count > 0 ? [CallerRule.Scope(Scopes)] : (CallerRule[])[],
        .. Claims.Select(claim => CallerRule.Claim(claim.Key, claim.Value)),
        .. Tenants.Count > 0 ? [CallerRule.Tenant(Tenants)] : (CallerRule[])[],
        .. RouteClaims.Select(pair => CallerRule.Route(pair.Key, pair.Value, PassRoles)),
    ];

    /// <summary>Reads the section <c>Policies</c> of <c>Gateway</c>.</summary>
    public static IReadOnlyDictionary<string, PolicyOptions> ReadAll(SettingReader gateway)
    {
        IReadOnlyDictionary<string, PolicyOptions> policies = gateway.Sections("Policies", Read);
        foreach (string name in policies.Keys.Where(name => Taken.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            gateway.Error($"Policies:{name}", null, "has a name that means something else already.", "Choose another name; \"default\" asks for a signed-in user, \"anonymous\" for nobody.");
        }

        return policies;
    }

    /// <summary>Whether a claim can have the name; the same names as <c>Tokens:Claims</c> takes.</summary>
    public static bool IsClaim(string name) =>
        name.Length is > 0 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.');

    private static PolicyOptions Read(SettingReader reader)
    {
        var policy = new PolicyOptions(
            Texts(reader, "Roles", "The caller must have one of these roles."),
            ScopesIn(reader),
            reader.Sections("Claims", ClaimIn, "claim"),
            TenantsIn(reader),
            reader.Table("RouteClaims", "Parameter of the route's path to the claim of the access token that must have the same value, such as \"learnerId\": \"learner_uid\"."),
            Texts(reader, "PassRoles", "Roles for which RouteClaims does not count."));
        foreach ((string parameter, string claim) in policy.RouteClaims.Where(pair => !IsClaim(pair.Value)))
        {
            reader.Error($"RouteClaims:{parameter}", claim, "is not the name of a claim.", "Write letters, digits, '_', '-' and '.', 64 at most.");
        }

        if (policy.PassRoles.Count > 0 && policy.RouteClaims.Count == 0)
        {
            reader.Error("PassRoles", string.Join(", ", policy.PassRoles), "has no effect without RouteClaims.", "Write RouteClaims, or remove it.");
        }
        else if (!Parts.Any(reader.Has) && !reader.Has("PassRoles"))
        {
            reader.Error("", null, "asks nothing of a caller.", $"Write one of {string.Join(", ", Parts)}, or remove the policy and let its routes say \"default\".");
        }

        return policy;
    }

    private static IReadOnlyList<string> ClaimIn(SettingReader claim)
    {
        string? equals = claim.OptionalText("Equals", "The claim must have this value. One of Equals, OneOf and Exists must be written.");
        IReadOnlyList<string> oneOf = Texts(claim, "OneOf", "The claim must have one of these values.");
        bool exists = claim.Flag("Exists", false, "When true the claim must have a value, whatever it is.");
        if (new[] { claim.Has("Equals"), claim.Has("OneOf"), claim.Has("Exists") }.Count(written => written) != 1)
        {
            claim.Error("", null, "must have exactly one of Equals, OneOf and Exists.", "Write one of them.");
        }
        else if (claim.Has("Exists") && !exists)
        {
            claim.Error("Exists", "false", "asks nothing of a caller.", "Write true, or remove the claim.");
        }
        else if (claim.Has("Equals") && equals is null)
        {
            claim.Error("Equals", null, "is empty.", "Write the value.");
        }

        return equals is null ? oneOf : [equals];
    }

    private static IReadOnlyList<string> ScopesIn(SettingReader reader)
    {
        IReadOnlyList<string> scopes = Texts(reader, "Scopes", "The claim scope of the access token must have all of these (RFC 9068, section 2.2.3).");
        foreach (string scope in scopes.Where(scope => scope.Contains(' ', StringComparison.Ordinal)))
        {
            reader.Error("Scopes", scope, "has a space, and no scope can (RFC 6749, section 3.3).", "Write every scope as an item of its own.");
        }

        return scopes;
    }

    private static List<string> TenantsIn(SettingReader reader)
    {
        List<string> tenants = [];
        foreach (string text in Texts(reader, "Tenants", "The caller must belong to one of these tenants, by their ids."))
        {
            if (TenantId.TryParse(text, out TenantId tenant))
            {
                tenants.Add(tenant.ToString());
            }
            else
            {
                reader.Error("Tenants", text, "is not the id of a tenant.", "Write a UUID with hyphens.");
            }
        }

        return tenants;
    }

    /// <summary>A list that is not empty where it is written, and has nothing twice: what differs in case only is one thing, misspelt.</summary>
    private static IReadOnlyList<string> Texts(SettingReader reader, string name, string effect)
    {
        IReadOnlyList<string> texts = reader.List(name, [], effect);
        if (texts.Count == 0 && reader.HasNothingIn(name))
        {
            reader.Error(name, null, "is empty.", "Write at least one, or remove it.");
        }

        foreach (string twice in texts.GroupBy(text => text, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1).Select(same => same.Last()))
        {
            reader.Error(name, twice, "is there twice.", "Remove one of them; capitals make no difference here, but do when a request is judged.");
        }

        return texts;
    }
}
