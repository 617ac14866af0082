using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Hosting;

/// <summary>
/// Takes a changed configuration as a whole or not at all: the check of a start is run on it, and only when nothing is wrong the routes,
/// their rules and the clusters are put to use together. Everything else in it waits for the next start.
/// </summary>
/// <param name="start">The files with which the program started.</param>
internal sealed partial class ConfigurationReload(
    ConfigurationFiles start, ProxyConfiguration proxy, GatewayMetrics metrics, TimeProvider time, ILogger<ConfigurationReload> logger)
{
    /// <summary>What takes effect without a restart.</summary>
    private static readonly string[] Reloaded = ["ReverseProxy", "Gateway:Policies", "Gateway:CorsPolicies", "Gateway:RateLimits"];

    private const int ShownSettings = 20;

    private readonly Dictionary<string, string?> _atStart = SettingsOf(start.Build(new SettingReport()));
    private string _refusal = "";
    private ConfigurationFiles _tried = start;

    /// <summary>When the configuration in use was taken.</summary>
    public DateTimeOffset LastGood { get; private set; } = time.GetUtcNow();

    /// <summary>Whether the files are not what is in use, since they were refused.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Whether the files are worth a try: others than at the last one, or then refused, since what they name may have been mended.</summary>
    public bool IsDue(ConfigurationFiles files) => IsRefused || !files.SameAs(_tried);

    /// <summary>Takes the files, or refuses them and leaves everything as it is. Not to be called again before it has returned.</summary>
    public async Task RunAsync(ConfigurationFiles files)
    {
        bool changed = !files.SameAs(_tried);
        _tried = files;
        try
        {
            var check = CheckedConfiguration.Run(files, new SettingReport());

            // Keys are checked here and taken up at the next start only.
            check.SigningKeys?.Dispose();
            if (check.Errors.Count > 0)
            {
                Refuse(check.Errors, changed);
                return;
            }

            await proxy.PublishAsync(check.Routes);
            Take(check.Routes, SettingsOf(files.Build(new SettingReport())));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever it is, the configuration in use goes on: that it cannot be replaced must not end the program.
            Refuse([new SettingError(ForwardingSetup.Section, null, $"could not be put to use: {exception.GetType().Name}, {exception.Message}", "Correct it, or restart the gateway.")], changed);
        }
    }

    private void Take(CheckedRoutes routes, Dictionary<string, string?> settings)
    {
        (LastGood, IsRefused, _refusal) = (time.GetUtcNow(), false, "");
        metrics.ConfigurationReload("applied");
        Log.Applied(logger, routes.Routes.Count, routes.Clusters.Count);
        string[] waiting = [.. _atStart.Keys.Union(settings.Keys, StringComparer.OrdinalIgnoreCase)
            .Where(key => !IsReloaded(key) && _atStart.GetValueOrDefault(key) != settings.GetValueOrDefault(key))
            .Order(StringComparer.Ordinal)];
        if (waiting.Length > 0)
        {
            string more = waiting.Length > ShownSettings ? $" and {waiting.Length - ShownSettings} more" : "";
            Log.Waiting(logger, string.Join(", ", waiting.Take(ShownSettings)) + more);
        }
    }

    /// <param name="changed">Whether the files are others than at the last try; the same ones are spoken of again only when their errors are others.</param>
    private void Refuse(IReadOnlyList<SettingError> errors, bool changed)
    {
        string refusal = string.Join('\n', errors);
        if (changed || refusal != _refusal)
        {
            metrics.ConfigurationReload("refused");
            foreach (SettingError error in errors)
            {
                Log.Wrong(logger, error.ToString());
            }

            Log.Refused(logger, errors.Count, LastGood);
        }

        (IsRefused, _refusal) = (true, refusal);
    }

    private static bool IsReloaded(string key) =>
        Array.Exists(Reloaded, section => $"{key}:".StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase));

    private static Dictionary<string, string?> SettingsOf(IConfigurationRoot configuration) =>
        configuration.AsEnumerable().Where(setting => setting.Value is not null)
            .ToDictionary(setting => setting.Key, setting => setting.Value, StringComparer.OrdinalIgnoreCase);

    private static partial class Log
    {
        [LoggerMessage(1110, LogLevel.Information, "The changed configuration is in use: {Routes} routes, {Clusters} clusters", EventName = "ConfigurationReloaded")]
        public static partial void Applied(ILogger logger, int routes, int clusters);

        [LoggerMessage(1111, LogLevel.Warning, "These settings have changed and take effect at the next start: {Settings}", EventName = "SettingsWaitForStart")]
        public static partial void Waiting(ILogger logger, string settings);

        [LoggerMessage(1112, LogLevel.Error, "The changed configuration is refused as a whole, with {Count} errors; the one of {LastGood} stays in use until the files are corrected", EventName = "ConfigurationRefused")]
        public static partial void Refused(ILogger logger, int count, DateTimeOffset lastGood);

        [LoggerMessage(1113, LogLevel.Error, "Error in the changed configuration: {Error}", EventName = "ConfigurationError")]
        public static partial void Wrong(ILogger logger, string error);
    }
}
