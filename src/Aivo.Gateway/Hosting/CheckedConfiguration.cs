using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Hosting;

/// <summary>
/// The one check that start, reload and <c>config check</c> share: settings, keys and routes, every error at once, no socket opened and
/// nothing written.
/// </summary>
internal sealed record CheckedConfiguration(GatewaySettings Settings, SigningKeyRing? SigningKeys, RefreshKeyRing? RefreshKeys, CheckedRoutes Routes, IReadOnlyList<SettingError> Errors)
{
    /// <summary>The check of files as they are: each error says where it is.</summary>
    public static CheckedConfiguration Run(ConfigurationFiles files, SettingReport report)
    {
        CheckedConfiguration check = Run(files.Build(report), ConfigurationSources.IsDevelopment(files.EnvironmentName), report);
        return check with { Errors = SettingPlaces.In(files).AddTo(check.Errors) };
    }

    public static CheckedConfiguration Run(IConfiguration configuration, bool development, SettingReport report)
    {
        GatewaySettings settings = GatewaySettings.Read(configuration, development, report);
        DevelopmentKeys keys = new(settings.Gateway.DataDirectory);
        string? signing = settings.Tokens.SigningKeys ?? (development ? keys.SigningKeys : null);
        string? refresh = settings.Tokens.RefreshKeys ?? (development ? keys.RefreshKeys : null);
        SigningKeyRing? signingKeys = Directory.Exists(signing) ? SigningKeyRing.Load(signing, settings.Tokens.Algorithm, settings.Tokens.ActiveKey, report.Add) : null;
        RefreshKeyRing? refreshKeys = Directory.Exists(refresh) ? RefreshKeyRing.Load(refresh, settings.Tokens.ActiveRefreshKey, report.Add) : null;
        CheckedRoutes routes = CheckRoutes(configuration, settings, report);
        return new CheckedConfiguration(settings, signingKeys, refreshKeys, routes, report.Errors);
    }

    /// <summary>The verdict on routes and clusters as the proxy reads them, without what the walk has said of the same place already.</summary>
    public static CheckedRoutes CheckRoutes(IConfiguration configuration, GatewaySettings settings, SettingReport report)
    {
        SettingError[] known = [.. report.Errors];
        CheckedRoutes routes = YarpConfigurationCheck.Read(configuration, settings.Headers, known);
        foreach (SettingError error in routes.Errors)
        {
            if (!Array.Exists(known, other => $"{other.Key}:".StartsWith($"{error.Key}:", StringComparison.OrdinalIgnoreCase)))
            {
                report.Add(error);
            }
        }

        return routes;
    }
}
