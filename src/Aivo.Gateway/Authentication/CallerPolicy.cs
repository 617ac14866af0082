namespace Aivo.Gateway.Authentication;

/// <summary>Who may use a route, as metadata of its endpoint: every rule must hold.</summary>
/// <param name="route">The route's name, for log and metric.</param>
internal sealed class CallerPolicy(string route, IEnumerable<CallerRule> rules)
{
    private readonly CallerRule[] _rules = [.. rules];

    public string Route { get; } = route;

    public IReadOnlyList<CallerRule> Rules => _rules;

    /// <summary>The first rule that does not hold, or null.</summary>
    public CallerRule? Refusing(CallerClaims claims, RouteValueDictionary route)
    {
        foreach (CallerRule rule in _rules)
        {
            if (!rule.Allows(claims, route))
            {
                return rule;
            }
        }

        return null;
    }
}
