using Aivo.Gateway.Configuration;
using Microsoft.AspNetCore.Routing.Patterns;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Pairs of routes with the same path of which one can never be reached, or both match and neither comes first: routing then fails with
/// 500, and only when such a request comes. Patterns that differ have an order of their own and are no conflict.
/// </summary>
internal static class RouteConflicts
{
    public static IEnumerable<SettingError> Find(IReadOnlyList<RouteConfig> routes)
    {
        // Only routes with the same shape of path are compared: there may be ten thousand of them.
        var before = new Dictionary<string, List<RouteConfig>>(StringComparer.Ordinal);
        foreach (RouteConfig later in routes.OrderBy(route => route.Order ?? 0).ThenBy(route => route.RouteId, StringComparer.Ordinal))
        {
            if (ShapeOf(later) is not { } shape)
            {
                continue;
            }

            if (!before.TryGetValue(shape, out List<RouteConfig>? alike))
            {
                before[shape] = alike = [];
            }

            if (alike.Select(earlier => ProblemOf(earlier, later)).FirstOrDefault(problem => problem is not null) is { } problem)
            {
                yield return new SettingError($"{ForwardingSetup.Section}:Routes:{later.RouteId}:Match", later.Match.Path, problem,
                    "Change the path, methods or hosts of one of the two, or remove it.");
            }

            alike.Add(later);
        }
    }

    private static string? ProblemOf(RouteConfig earlier, RouteConfig later)
    {
        bool sameConditions = Same(earlier.Match.Headers, later.Match.Headers) && Same(earlier.Match.QueryParameters, later.Match.QueryParameters);
        if ((earlier.Order ?? 0) == (later.Order ?? 0))
        {
            return sameConditions && Overlap(earlier.Match.Methods, later.Match.Methods) && Overlap(earlier.Match.Hosts, later.Match.Hosts)
                ? $"matches the same requests as the route '{earlier.RouteId}' does, and neither comes first: they would be answered 500."
                : null;
        }

        bool always = (earlier.Match.Headers is not { Count: > 0 } && earlier.Match.QueryParameters is not { Count: > 0 }) || sameConditions;
        return always && Covers(earlier.Match.Methods, later.Match.Methods) && Covers(earlier.Match.Hosts, later.Match.Hosts)
            ? $"can never be reached: the route '{earlier.RouteId}' matches all of its requests and comes first by its Order."
            : null;
    }

    /// <summary>The path as matching sees it: names of parameters and capitals make no difference. Null where it is not valid.</summary>
    private static string? ShapeOf(RouteConfig route)
    {
        try
        {
            RoutePattern pattern = RoutePatternFactory.Parse(string.IsNullOrEmpty(route.Match.Path) ? "/{**all}" : route.Match.Path);
            return string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(ShapeOf))));
        }
        catch (RoutePatternException)
        {
            return null;
        }
    }

    private static string ShapeOf(RoutePatternPart part) => part switch
    {
        RoutePatternLiteralPart literal => literal.Content.ToLowerInvariant(),
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart parameter => $"{{{parameter.ParameterKind}:{parameter.Default}:{string.Join(':', parameter.ParameterPolicies.Select(policy => policy.Content))}}}",
        _ => "?",
    };

    /// <summary>No list means any, and a route that names methods or hosts comes before one that does not.</summary>
    private static bool Overlap(IReadOnlyList<string>? one, IReadOnlyList<string>? other) =>
        one is { Count: > 0 } ? other is { Count: > 0 } && one.Intersect(other, StringComparer.OrdinalIgnoreCase).Any() : other is not { Count: > 0 };

    private static bool Covers(IReadOnlyList<string>? wider, IReadOnlyList<string>? narrower) =>
        wider is not { Count: > 0 } || (narrower is { Count: > 0 } && !narrower.Except(wider, StringComparer.OrdinalIgnoreCase).Any());

    private static bool Same<T>(IReadOnlyList<T>? one, IReadOnlyList<T>? other) =>
        (one?.Count ?? 0) == (other?.Count ?? 0) && (one ?? []).All(item => (other ?? []).Contains(item));
}
