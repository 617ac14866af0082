using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Throttling;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Hosting;

/// <summary>Lets the metrics look at state that lives elsewhere; it is read when metrics are collected.</summary>
internal static class MetricsWiring
{
    public static void Connect(IServiceProvider services)
    {
        GatewayMetrics metrics = services.GetRequiredService<GatewayMetrics>();
        RevocationState state = services.GetRequiredService<RevocationState>();
        RevocationReplicas replicas = services.GetRequiredService<RevocationReplicas>();
        AccessTokenCache cache = services.GetRequiredService<AccessTokenCache>();
        metrics.ObserveRevocation(new RevocationReadings(
            () => state.IsFresh, () => replicas.Count, () => state.Lag, () => state.LastSyncAge?.TotalSeconds, () => state.ClockOffset.TotalSeconds,
            () => state.Status, () => state.LeaseLeft.TotalSeconds));
        metrics.ObserveTokenCache(() => cache.Count);
        FirstUseMarks marks = services.GetRequiredService<FirstUseMarks>();
        metrics.ObserveFirstUseMarks(() => marks.Waiting);
        ConfigurationReload reload = services.GetRequiredService<ConfigurationReload>();
        metrics.ObserveConfiguration(() => reload.LastGood, () => reload.IsRefused);
        metrics.ObserveStreams(services.GetRequiredService<ForwardedRequests>().OpenStreams);
        RateLimitMetrics limits = services.GetRequiredService<RateLimitMetrics>();
        limits.ObserveSubjects(services.GetRequiredService<NodeRateLimiter>().Subjects);
        if (services.GetService<DistributedRateLimiter>() is { } distributed)
        {
            limits.ObserveFallback(() => distributed.IsAway);
        }
    }
}
