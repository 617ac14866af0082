using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Aivo.Gateway.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>The gateway's metrics, and what one of its counters has counted by outcome.</summary>
internal sealed class MetricsUnderTest : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public MetricsUnderTest(string counter)
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other tests of the run have meters of the same name.
            if (instrument.Name == counter && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            _counts.AddOrUpdate(tags.IsEmpty ? "" : (string)tags[0].Value!, value, (_, count) => count + value));
        _listener.Start();
        Metrics = new GatewayMetrics(factory);
    }

    public GatewayMetrics Metrics { get; }

    /// <param name="outcome">Empty for a counter without tags.</param>
    public long this[string outcome] => _counts.GetValueOrDefault(outcome);

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }
}
