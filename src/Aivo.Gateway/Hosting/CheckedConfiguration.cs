using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Hosting;

/// <summary>
/// The one check that start and <c>config check</c> share: settings, keys and routes, every error at once, no socket opened and
/// nothing written.
/// </summary>
internal sealed record CheckedConfiguration(GatewaySettings Settings, SigningKeyRing? SigningKeys, RefreshKeyRing? RefreshKeys, IReadOnlyList<SettingError> Errors)
{
    public static CheckedConfiguration Run(IConfiguration configuration, bool development, SettingReport report)
    {
        GatewaySettings settings = GatewaySettings.Read(configuration, development, report);
        DevelopmentKeys keys = new(settings.Gateway.DataDirectory);
        string? signing = settings.Tokens.SigningKeys ?? (development ? keys.SigningKeys : null);
        string? refresh = settings.Tokens.RefreshKeys ?? (development ? keys.RefreshKeys : null);
        SigningKeyRing? signingKeys = Directory.Exists(signing) ? SigningKeyRing.Load(signing, settings.Tokens.Algorithm, settings.Tokens.ActiveKey, report.Add) : null;
        RefreshKeyRing? refreshKeys = Directory.Exists(refresh) ? RefreshKeyRing.Load(refresh, settings.Tokens.ActiveRefreshKey, report.Add) : null;
        return new CheckedConfiguration(settings, signingKeys, refreshKeys, [.. report.Errors, .. Routes(configuration, settings, report)]);
    }

    /// <summary>The proxy's own verdict, without what the walk has said of the same route or cluster already.</summary>
    private static IEnumerable<SettingError> Routes(IConfiguration configuration, GatewaySettings settings, SettingReport report) =>
        YarpConfigurationCheck.Run(configuration, settings.Headers).Where(error => !report.Errors.Any(known => known.Key.StartsWith(error.Key, StringComparison.OrdinalIgnoreCase)));
}
