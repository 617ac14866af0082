using Aivo.Gateway.Primitives;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>
/// Looks at the servers when the process starts, whenever a connection comes back or the topology changes, and once a minute; never on a
/// request. Says once what is wrong and what is promised in spite of it, and again when that has changed.
/// </summary>
internal sealed partial class RedisServerInspector(
    RedisConnection redis, RedisServers servers, RedisOptions options, RedisServerInspection inspection, TimeProvider timeProvider, ILogger<RedisServerInspector> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly HashSet<(string Server, string Name)> _known = [];
    private string? _promise;
    private readonly RedisFailures _failures = new(logger);
    private bool _failing;
    private volatile TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        redis.ServersChanged += Want;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                // Before the look, so that a change during it is looked at again.
                _wanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                bool done = await TryInspectAsync(stoppingToken);
                await Task.WhenAny(_wanted.Task, Task.Delay(done ? Interval : AfterFailure, timeProvider, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
        finally
        {
            redis.ServersChanged -= Want;
        }
    }

    private void Want() => _wanted.TrySetResult();

    /// <summary>False: nothing is known anew, and the last result stands. A node without Redis is not ready for other reasons.</summary>
    private async Task<bool> TryInspectAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = new List<RedisServerFacts>();
            await using ConnectionMultiplexer connection = await ConnectAsync();
            foreach (IServer server in connection.GetServers().Where(server => server.IsConnected))
            {
                found.Add(await LookAsync(server, cancellationToken));
            }

            if (found.TrueForAll(server => server.IsReplica))
            {
                throw new StoreUnavailableException("redis", null); // a fail-over is under way
            }

            Report(found);
            _failures.Over();
            _failing = false;
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is, a reply of another shape too: nobody waits for this, and the next look has to come.
            if (exception is RedisException)
            {
                _failures.Note(exception);
            }

            if (!_failing)
            {
                Log.Failed(logger, exception.Message);
            }

            _failing = true;
            return false;
        }
    }

    /// <summary>
    /// A connection for this look alone: the library goes on telling of the first failure of one it keeps, and a time-out at start would hide a
    /// wrong password for good. And where Sentinels are, the others know of no replicas.
    /// </summary>
    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        ConfigurationOptions configuration = await servers.ForInspectionAsync();
        configuration.AbortOnConnectFail = true;
        configuration.ConnectRetry = 1;
        configuration.ClientName = "aivo-gateway-inspection";
        return await ConnectionMultiplexer.ConnectAsync(configuration);
    }

    private async Task<RedisServerFacts> LookAsync(IServer server, CancellationToken cancellationToken)
    {
        RedisResult? information = await AskAsync(server, "INFO", [], cancellationToken);
        RedisServerFacts facts = RedisServerFacts.Read(server.EndPoint.ToString() ?? "", server.IsReplica, (string?)information);
        if (facts.IsReplica)
        {
            return facts;
        }

        RedisResult? rights = await AskAsync(server, "EVAL", [InspectionScripts.Rights, 0, (string)redis.Keys.InspectionChannel!], cancellationToken);
        return facts with
        {
            ScriptsAvailable = rights is not null,
            ClockOffset = rights is null ? TimeSpan.Zero : DateTimeOffset.FromUnixTimeMilliseconds((long)rights[2]) - timeProvider.GetUtcNow(),
            Capabilities = new RedisCapabilities
            {
                ReplicationIdReadable = rights is not null && (int)rights[0] == 1,
                PublishAvailable = rights is not null && (int)rights[1] == 1,

                // Waits for nobody: it only says whether the command is there.
                WaitAvailable = await AskAsync(server, "WAIT", [0, 1], cancellationToken) is not null,
                ConnectionIdReadable = await AskAsync(server, "CLIENT", ["ID"], cancellationToken) is not null,
            },
        };
    }

    /// <summary>Null where the server does not do this for us; that it cannot do it now is an exception.</summary>
    private async Task<RedisResult?> AskAsync(IServer server, string command, object[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await server.ExecuteAsync(command, arguments).WaitAsync(options.CommandTimeout, timeProvider, cancellationToken);
        }
        catch (RedisServerException exception) when (exception.Kind is RedisErrorKind.NoPermission or RedisErrorKind.NotPermitted
            or RedisErrorKind.UnknownCommand or RedisErrorKind.UnknownError or RedisErrorKind.Unknown)
        {
            return null;
        }
        catch (RedisCommandException)
        {
            return null; // switched off in Redis:Configuration
        }
    }

    private void Report(List<RedisServerFacts> servers)
    {
        RedisShortcoming[] found = [.. servers.SelectMany(server => RedisShortcoming.Of(server, options.WaitReplicas))];
        inspection.Report(servers, found);
        foreach (RedisShortcoming shortcoming in found.Where(shortcoming => _known.Add((shortcoming.Server, shortcoming.Name))))
        {
            if (shortcoming.IsRefused)
            {
                Log.Refused(logger, shortcoming.Name, shortcoming.Server, shortcoming.Consequence);
            }
            else
            {
                Log.Degraded(logger, shortcoming.Name, shortcoming.Server, shortcoming.Consequence);
            }
        }

        foreach ((string Server, string Name) gone in _known.Except(found.Select(shortcoming => (shortcoming.Server, shortcoming.Name))).ToArray())
        {
            _known.Remove(gone);
            Log.Resolved(logger, gone.Name, gone.Server);
        }

        string promise = RedisServerInspection.Promise(servers, options.WaitReplicas);
        if (promise != _promise)
        {
            _promise = promise;
            Log.Promise(logger, promise);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(210, LogLevel.Information, "promise: {Promise}", EventName = "RedisPromise")]
        public static partial void Promise(ILogger logger, string promise);

        [LoggerMessage(211, LogLevel.Warning, "Redis at {Server} promises less ({Shortcoming}): {Consequence}", EventName = "RedisPromisesLess")]
        public static partial void Degraded(ILogger logger, string shortcoming, string server, string consequence);

        [LoggerMessage(212, LogLevel.Error, "Redis at {Server} cannot be relied on ({Shortcoming}): {Consequence}", EventName = "RedisNotUsable")]
        public static partial void Refused(ILogger logger, string shortcoming, string server, string consequence);

        [LoggerMessage(213, LogLevel.Information, "No longer so at Redis {Server}: {Shortcoming}", EventName = "RedisShortcomingGone")]
        public static partial void Resolved(ILogger logger, string shortcoming, string server);

        [LoggerMessage(214, LogLevel.Warning, "Redis could not be inspected, and will be again: {Reason}", EventName = "RedisInspectionFailed")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
