using System.Globalization;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Throttling;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>Limits that are charged in one step of a request.</summary>
internal sealed record RateLimitStage(IReadOnlyList<RateLimit> Node, IReadOnlyList<RateLimit> Distributed)
{
    public bool IsEmpty => Node.Count + Distributed.Count == 0;

    public static RateLimitStage Of(IEnumerable<RateLimit> limits)
    {
        ILookup<bool, RateLimit> shared = limits.ToLookup(limit => limit.Scope == RateLimitScope.Distributed);
        return new RateLimitStage([.. shared[false]], [.. shared[true]]);
    }
}

/// <summary>The rate limits of one route: those of callers wait until it is known who calls, the others spare that work.</summary>
/// <param name="Subject">The route, where a limit counts by route.</param>
internal sealed record RouteRateLimits(RateLimitStage BeforeAuthentication, RateLimitStage AfterAuthentication, UInt128 Subject)
{
    public const string MetadataKey = "RateLimits";

    public static readonly RouteRateLimits None = new(RateLimitStage.Of([]), RateLimitStage.Of([]), UInt128.Zero);

    private IEnumerable<RateLimit> All =>
        [.. BeforeAuthentication.Node, .. BeforeAuthentication.Distributed, .. AfterAuthentication.Node, .. AfterAuthentication.Distributed];

    /// <summary>Everything that is to be enforced, for a route's rules.</summary>
    public IEnumerable<string> Lines => All.Select(static limit => string.Create(CultureInfo.InvariantCulture,
        $"rate limit {limit.Name}: {string.Join(" + ", limit.Windows.Select(static window => $"{window.Permits}/{Durations.Format(window.Length)}"))} by {limit.Partition}{(limit.Header is { } header ? $":{header}" : "")}, {limit.Scope}"));

    /// <param name="key">The route's place in the configuration.</param>
    /// <param name="problems">Takes everything that is wrong; then the result is not to be used.</param>
    public static RouteRateLimits Read(RouteConfig route, string key, RouteNames names, List<SettingError> problems)
    {
        string? text = route.Metadata?.FirstOrDefault(entry => entry.Key.Equals(MetadataKey, StringComparison.OrdinalIgnoreCase)).Value;
        if (string.IsNullOrWhiteSpace(text))
        {
            return None; // the check of metadata reports one that is empty
        }

        string setting = $"{key}:Metadata:{MetadataKey}";
        List<RateLimit> limits = [];
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Named(name, setting, names, problems) is not { } limit)
            {
                continue;
            }

            if (limits.Contains(limit))
            {
                problems.Add(new SettingError(setting, name, "is named twice.", "Remove one of them."));
            }
            else if (limit.NeedsCaller && "anonymous".Equals(route.AuthorizationPolicy, StringComparison.OrdinalIgnoreCase))
            {
                problems.Add(new SettingError(setting, name, $"counts by {limit.Partition}, and nobody is known on an anonymous route.",
                    "Name a limit by Address, Route or Header, or write \"default\" as the route's AuthorizationPolicy."));
            }
            else
            {
                limits.Add(limit);
            }
        }

        ILookup<bool, RateLimit> late = limits.ToLookup(static limit => limit.NeedsCaller);
        return new RouteRateLimits(RateLimitStage.Of(late[false]), RateLimitStage.Of(late[true]), RateLimitSubjects.Of(route.RouteId));
    }

    private static RateLimit? Named(string name, string setting, RouteNames names, List<SettingError> problems)
    {
        string place = $"Gateway:RateLimits:{name}";
        SettingError[] faults = [.. names.Errors.Where(error => $"{error.Key}:".StartsWith($"{place}:", StringComparison.OrdinalIgnoreCase))];
        problems.AddRange(faults);
        if (names.RateLimits.TryGetValue(name, out RateLimit? limit))
        {
            return limit;
        }

        if (faults.Length == 0)
        {
            problems.Add(new SettingError(setting, name, "is not a rate limit that exists.",
                names.RateLimits.Count == 0 ? "Define it under Gateway:RateLimits." : $"Define it under Gateway:RateLimits, which has: {string.Join(", ", names.RateLimits.Keys.Order(StringComparer.Ordinal))}."));
        }

        return null;
    }
}
