using System.Diagnostics.Metrics;
using Aivo.Gateway.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>Metrics of their own for one object under test.</summary>
internal static class TestMetrics
{
    public static GatewayMetrics Create() =>
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
}
