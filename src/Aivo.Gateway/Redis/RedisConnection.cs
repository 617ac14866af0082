using Aivo.Gateway.Primitives;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>
/// The connection to Redis. A call either answers within <see cref="RedisOptions.CommandTimeout"/> or throws
/// <see cref="StoreUnavailableException"/>; connecting is tried again in the background for as long as the process lives.
/// </summary>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    private readonly RedisOptions _options;
    private readonly RedisServers _servers;
    private readonly ILogger<RedisConnection> _logger;
    private readonly RedisFailures _failures;
    private readonly PrimaryConnection _connection;
    private int _asking;

    public RedisConnection(RedisOptions options, RedisServers servers, ILogger<RedisConnection> logger)
    {
        (_options, _servers, _logger) = (options, servers, logger);
        _failures = new RedisFailures(logger);
        _connection = new PrimaryConnection(options, servers, TimeProvider.System, ConnectAsync);
        Keys = new RedisKeys(options.KeyPrefix);
    }

    /// <summary>A connection has come back, or other servers than before are in use. Raised on the library's threads.</summary>
    public event Action? ServersChanged;

    public RedisKeys Keys { get; }

    /// <summary>Runs a script on the primary. A script that was sent may have run even when this throws.</summary>
    /// <exception cref="StoreUnavailableException">No answer within the command timeout, or an error from Redis.</exception>
    public async Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        try
        {
            ConnectionMultiplexer multiplexer = await _connection.GetAsync().WaitAsync(_options.ConnectTimeout + _options.CommandTimeout, cancellationToken);
            RedisResult result = await multiplexer.GetDatabase()
                .ScriptEvaluateAsync(script, keys, values, CommandFlags.DemandMaster)
                .WaitAsync(_options.CommandTimeout, cancellationToken);
            _failures.Over();
            return result;
        }
        catch (Exception exception) when (exception is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            _failures.Note(exception);
            AskWhoIsPrimary();
            throw new StoreUnavailableException("redis", exception);
        }
    }

    /// <summary>The key's slot in a Redis Cluster. The same for all keys elsewhere, and before there is a connection.</summary>
    public int SlotOf(RedisKey key) => _connection.Current?.HashSlot(key) ?? -1;

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>
    /// The library looks for another primary when a connection breaks, and then once a minute. A replica that is promoted a moment later
    /// would be used a minute later: so a failed call asks again, once per command timeout at most and without waiting for it.
    /// </summary>
    private void AskWhoIsPrimary()
    {
        if (Interlocked.Exchange(ref _asking, 1) == 0)
        {
            _ = AskAsync();
        }
    }

    private async Task AskAsync()
    {
        try
        {
            await _servers.AskAsync();
            await (await _connection.GetAsync()).ConfigureAsync();
        }
        catch (Exception exception)
        {
            // Whatever it is: nobody waits for this, and the next failed call has to be able to ask again.
            _failures.Note(exception);
        }

        await Task.Delay(_options.CommandTimeout, TimeProvider.System);
        Volatile.Write(ref _asking, 0);
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration)
    {
        // A call waits for a connection that is just being made again, for as long as for an answer.
        configuration.BacklogPolicy = BacklogPolicy.Default;
        ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration);
        multiplexer.ConnectionFailed += (_, failure) => Log.ConnectionFailed(_logger, failure.EndPoint?.ToString(), failure.FailureType.ToString());
        multiplexer.ConnectionRestored += (_, restored) =>
        {
            Log.ConnectionRestored(_logger, restored.EndPoint?.ToString());
            ServersChanged?.Invoke();
        };
        multiplexer.ConfigurationChanged += (_, _) => ServersChanged?.Invoke();
        ServersChanged?.Invoke();
        return multiplexer;
    }

    private static partial class Log
    {
        [LoggerMessage(200, LogLevel.Warning, "The connection to Redis at {EndPoint} failed: {Failure}", EventName = "RedisConnectionFailed")]
        public static partial void ConnectionFailed(ILogger logger, string? endPoint, string failure);

        [LoggerMessage(201, LogLevel.Information, "The connection to Redis at {EndPoint} is back", EventName = "RedisConnectionRestored")]
        public static partial void ConnectionRestored(ILogger logger, string? endPoint);
    }
}
