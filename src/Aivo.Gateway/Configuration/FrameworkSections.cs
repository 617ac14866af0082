using Microsoft.Extensions.Configuration.Json;

namespace Aivo.Gateway.Configuration;

/// <summary>The top level, and the sections that ASP.NET Core, Kestrel and Serilog read.</summary>
internal static class FrameworkSections
{
    private static readonly string[] Own =
        ["Gateway", "Redis", "Tokens", "Sessions", "Revocation", "Streams", "Throttling", "Users", "Headers", "Paths", "ReverseProxy"];

    private static readonly string[] Framework = ["AllowedHosts", "Serilog", "Kestrel", "urls", "http_ports", "https_ports", "$schema"];

    private static readonly Shape Level = Shape.Choice("Verbose", "Debug", "Information", "Warning", "Error", "Fatal");

    private static readonly Shape Levels = Shape.Section(("Default", Level), ("Override", Shape.TableOf(Level)), ("ControlledBy", Shape.Text));

    private static readonly (string, Shape)[] Protocols =
    [
        ("Protocols", Shape.Choice("Http1", "Http2", "Http1AndHttp2", "Http3", "Http1AndHttp2AndHttp3")),
        ("SslProtocols", Shape.ListOf(Shape.Choice("Tls12", "Tls13"))),
        ("ClientCertificateMode", Shape.Choice("NoCertificate", "AllowCertificate", "RequireCertificate", "DelayCertificate")),
    ];

    /// <summary>What Kestrel reads from configuration; limits are not among it, so there they would silently do nothing.</summary>
    private static readonly Shape Kestrel = Shape.Section(
        ("Endpoints", Shape.TableOf(Shape.Section(
        [
            ("Url", Shape.Text), ("Certificate", Shape.Any), .. Protocols,
            ("Sni", Shape.TableOf(Shape.Section([("Certificate", Shape.Any), .. Protocols]))),
        ]).Needs("Url"))),
        ("EndpointDefaults", Shape.Section(Protocols)),
        ("Certificates", Shape.Any));

    public static void Check(IConfiguration configuration, SettingReport report)
    {
        ShapeCheck.Run(configuration.GetSection("Kestrel"), Kestrel, report);
        IConfigurationSection minimum = configuration.GetSection("Serilog:MinimumLevel");
        ShapeCheck.Run(minimum, string.IsNullOrEmpty(minimum.Value) ? Levels : Level, report);
        foreach (string name in NamesInFiles(configuration).Where(name => !IsKnown(name)).Order(StringComparer.Ordinal))
        {
            report.Add(name.Equals("Logging", StringComparison.OrdinalIgnoreCase)
                ? new SettingError(name, null, "is not read: the gateway logs through Serilog.", "Write levels under Serilog:MinimumLevel.")
                : new SettingError(name, null, "is not a section of the gateway.", $"Remove it or correct the name; the top level has: {string.Join(", ", Own)}, {string.Join(", ", Framework)}, OTEL_*."));
        }
    }

    /// <summary>Names that a JSON file brings. Environment variables may hold anything, and most of them are not for us.</summary>
    private static IEnumerable<string> NamesInFiles(IConfiguration configuration) =>
        configuration is IConfigurationRoot root
            ? root.Providers
                .Where(provider => provider is JsonConfigurationProvider or JsonStreamConfigurationProvider)
                .SelectMany(provider => provider.GetChildKeys([], null))
                .Distinct(StringComparer.OrdinalIgnoreCase)
            : [];

    private static bool IsKnown(string name) =>
        Own.Contains(name, StringComparer.OrdinalIgnoreCase)
        || Framework.Contains(name, StringComparer.OrdinalIgnoreCase)
        || name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase);
}
