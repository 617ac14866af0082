using System.Text.RegularExpressions;

namespace Aivo.Gateway.Tests.Rules;

/// <summary>Which folders may use which package: one place to look, and one place to change, for each of them.</summary>
internal static partial class PackageFences
{
    private sealed record Fence(string What, Regex Sign, bool InLiterals, string[] Folders);

    private static readonly Fence[] Fences =
    [
        new("Serilog", Serilog(), false, ["Telemetry", "Hosting"]),
        new("OpenTelemetry and meters", Metrics(), false, ["Telemetry", "Hosting"]),
        new("the connection multiplexer", Multiplexer(), false, ["Redis"]),
        new("Lua", Lua(), true, ["Redis"]),
        new("StackExchange.Redis", StackExchange(), false, ["Redis", "Sessions", "Revocation", "Throttling"]),
        new("Microsoft.IdentityModel", IdentityModel(), false, ["Tokens"]),
        new("ADO.NET", AdoNet(), false, ["Users"]),
        new("password hashes", PasswordHashes(), false, ["Users"]),
        new("System.Threading.RateLimiting", RateLimiting(), false, ["Throttling"]),
        new("YARP", Yarp(), false, ["Forwarding", "Hosting"]),
    ];

    public static IEnumerable<string> Violations(IEnumerable<SourceFile> files) =>
        from file in files
        from fence in Fences
        where !fence.Folders.Contains(file.Folder) && fence.Sign.IsMatch(fence.InLiterals ? file.Text : file.Code)
        select $"{file.Path}: uses {fence.What}, which belongs to {string.Join(", ", fence.Folders)}.";

    [GeneratedRegex(@"\bSerilog\b", RegexOptions.CultureInvariant)]
    private static partial Regex Serilog();

    [GeneratedRegex(@"\bOpenTelemetry\b|\bSystem\.Diagnostics\.Metrics\b|\bI?MeterFactory\b|\bnew Meter\(", RegexOptions.CultureInvariant)]
    private static partial Regex Metrics();

    [GeneratedRegex(@"\bI?ConnectionMultiplexer\b", RegexOptions.CultureInvariant)]
    private static partial Regex Multiplexer();

    [GeneratedRegex(@"\bredis\.p?call\b", RegexOptions.CultureInvariant)]
    private static partial Regex Lua();

    [GeneratedRegex(@"\bStackExchange\b", RegexOptions.CultureInvariant)]
    private static partial Regex StackExchange();

    [GeneratedRegex(@"\b(?:Microsoft|System)\.IdentityModel\b", RegexOptions.CultureInvariant)]
    private static partial Regex IdentityModel();

    [GeneratedRegex(@"\bMicrosoft\.Data\b|\bSystem\.Data\b|\bNpgsql\b|\bSQLitePCL\b", RegexOptions.CultureInvariant)]
    private static partial Regex AdoNet();

    [GeneratedRegex(@"\bNSec\b|\bArgon2\w*|\bRfc2898DeriveBytes\b|\bMicrosoft\.AspNetCore\.Identity\b", RegexOptions.CultureInvariant)]
    private static partial Regex PasswordHashes();

    [GeneratedRegex(@"\bSystem\.Threading\.RateLimiting\b", RegexOptions.CultureInvariant)]
    private static partial Regex RateLimiting();

    [GeneratedRegex(@"\bYarp\.", RegexOptions.CultureInvariant)]
    private static partial Regex Yarp();
}
