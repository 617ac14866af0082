using Aivo.Gateway.Http;

namespace Aivo.Gateway.Hosting;

/// <summary>
/// Looks at the content of the configuration's files, again and again: a ConfigMap that is mounted as a directory is changed by moving a
/// symbolic link above the file, and of that no event tells.
/// </summary>
internal sealed partial class ConfigurationWatcher(
    ConfigurationFiles start, ConfigurationReload reload, GatewayOptions options, TimeProvider time, ILogger<ConfigurationWatcher> logger) : BackgroundService
{
    /// <summary>For how long the files must stay as they are: an editor writes one in several steps.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>A file that never stays as it is is tried as it is found.</summary>
    private const int Looks = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(options.ReloadInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (!stoppingToken.IsCancellationRequested && reload.IsDue(start.ReadAgain()))
                {
                    await reload.RunAsync(await SettledAsync(stoppingToken));
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // The node stops: what is on disk counts at the next start.
            }
            catch (Exception exception)
            {
                Log.WatchFailed(logger, exception);
            }
        }
    }

    private async Task<ConfigurationFiles> SettledAsync(CancellationToken stoppingToken)
    {
        ConfigurationFiles files = start.ReadAgain();
        for (int look = 0; look < Looks; look++)
        {
            await Task.Delay(Settling, time, stoppingToken);
            ConfigurationFiles again = start.ReadAgain();
            if (again.SameAs(files))
            {
                break;
            }

            files = again;
        }

        return files;
    }

    private static partial class Log
    {
        [LoggerMessage(1114, LogLevel.Error, "Looking at the configuration's files failed; trying again", EventName = "ConfigurationWatchFailed")]
        public static partial void WatchFailed(ILogger logger, Exception exception);
    }
}
