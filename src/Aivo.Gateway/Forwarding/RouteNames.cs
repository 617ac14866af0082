using Aivo.Gateway.Authentication;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Http;
using Aivo.Gateway.Throttling;

namespace Aivo.Gateway.Forwarding;

/// <summary>What a route can refer to by name.</summary>
/// <param name="Policies">By name, in any case.</param>
/// <param name="RateLimits">By name, in any case.</param>
/// <param name="Errors">What is wrong with those that are named; a route that refers to one of them is not taken.</param>
internal sealed record RouteNames(
    IReadOnlyCollection<string> Clusters, IReadOnlyDictionary<string, PolicyOptions> Policies, IReadOnlyDictionary<string, RateLimit> RateLimits,
    IReadOnlyList<SettingError> Errors)
{
    /// <summary>By name, in any case.</summary>
    public required IReadOnlyDictionary<string, CorsPolicyOptions> CorsPolicies { get; init; }

    /// <param name="configuration">The whole configuration, as it is now.</param>
    public static RouteNames Read(IConfiguration configuration)
    {
        var report = new SettingReport();
        var gateway = new SettingReader(configuration.GetSection("Gateway"), "Gateway", report);
        return new RouteNames(
            [.. configuration.GetSection($"{ForwardingSetup.Section}:Clusters").GetChildren().Select(cluster => cluster.Key)],
            PolicyOptions.ReadAll(gateway),
            RateLimitSettings.Read(gateway),
            report.Errors)
        {
            CorsPolicies = CorsPolicyOptions.ReadAll(gateway),
        };
    }
}
