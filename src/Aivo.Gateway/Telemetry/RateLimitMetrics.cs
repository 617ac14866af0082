using System.Diagnostics.Metrics;

namespace Aivo.Gateway.Telemetry;

/// <summary>The metrics of rate limits. A limit's name comes from the configuration; who is counted is never a tag.</summary>
internal sealed class RateLimitMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _calls;

    public RateLimitMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(GatewayMetrics.MeterName);
        _requests = _meter.CreateCounter<long>("aivo.gateway.rate_limits.requests", "{request}", "Requests under a rate limit, by limit and outcome: allowed, or refused for the limit that was exhausted longest.");
        _calls = _meter.CreateHistogram<double>("aivo.gateway.rate_limits.calls", "s", "Round trips to Redis for distributed limits, by outcome: answered or failed.");
    }

    public void Request(string limit, bool allowed)
    {
        if (_requests.Enabled)
        {
            _requests.Add(1, new KeyValuePair<string, object?>("limit", limit), new KeyValuePair<string, object?>("outcome", allowed ? "allowed" : "refused"));
        }
    }

    public void Call(TimeSpan took, bool answered) =>
        _calls.Record(took.TotalSeconds, new KeyValuePair<string, object?>("outcome", answered ? "answered" : "failed"));

    public void ObserveFallback(Func<bool> isAway) =>
        _meter.CreateObservableGauge("aivo.gateway.rate_limits.fallback", () => isAway() ? 1 : 0, "{state}", "1 while this node counts distributed limits for itself, since Redis is away.");

    public void ObserveSubjects(Func<IReadOnlyList<(string Limit, int Subjects)>> held) => _meter.CreateObservableGauge(
        "aivo.gateway.rate_limits.subjects", () => held().Select(limit => new Measurement<int>(limit.Subjects, new KeyValuePair<string, object?>("limit", limit.Limit))), "{subject}", "Subjects that this node counts in its own memory, by limit.");
}
