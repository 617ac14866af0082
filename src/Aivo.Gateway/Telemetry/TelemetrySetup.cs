using OpenTelemetry.Metrics;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace Aivo.Gateway.Telemetry;

/// <summary>Logs as one JSON object a line on standard output; metrics in Prometheus' format, and by OTLP where an endpoint is set.</summary>
internal static class TelemetrySetup
{
    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSerilog((_, logs) => logs
            .ReadFrom.Configuration(configuration)
            // The server's request scope and lines: TraceContext and our request log say the same for less.
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off)
            .Filter.ByExcluding(IsRepeatedByTheProgram)
            .Enrich.FromLogContext()
            .WriteTo.Console(new RenderedCompactJsonFormatter()));
        services.AddSingleton<TraceContext>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<RateLimitMetrics>();
        services.AddSingleton<AuditLog>();
        services.AddOpenTelemetry().WithMetrics(metrics =>
        {
            metrics.AddMeter(GatewayMetrics.MeterName, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel").AddPrometheusExporter();
            if (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            {
                metrics.AddOtlpExporter();
            }
        });
    }

    /// <summary>Serves the metrics on <paramref name="path"/>; only ever called for the management listener's pipeline.</summary>
    public static void UseMetricsEndpoint(this IApplicationBuilder management, string path) => management.UseOpenTelemetryPrometheusScrapingEndpoint(path);

    /// <summary>The host's line about a start that failed: the program says the reason in one sentence, without a stack trace.</summary>
    private static bool IsRepeatedByTheProgram(LogEvent line) =>
        line.Level == LogEventLevel.Error && line.Properties.TryGetValue("EventId", out LogEventPropertyValue? value) && value is StructureValue id
        && id.Properties.Any(property => property is { Name: "Name", Value: ScalarValue { Value: "HostedServiceStartupFaulted" } });
}
