using System.Security.Cryptography.X509Certificates;
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
    private readonly ILogger<RedisConnection> _logger;
    private readonly Lazy<Task<ConnectionMultiplexer>> _multiplexer;
    private readonly RedisFailures _failures;
    private int _asking;

    public RedisConnection(RedisOptions options, ILogger<RedisConnection> logger)
    {
        (_options, _logger, _failures) = (options, logger, new RedisFailures(logger));
        Keys = new RedisKeys(options.KeyPrefix);
        _multiplexer = new Lazy<Task<ConnectionMultiplexer>>(ConnectAsync);
    }

    /// <summary>A connection has come back, or other servers than before are in use. Raised on the library's threads.</summary>
    public event Action? ServersChanged;

    public RedisKeys Keys { get; }

    public bool IsConnected => _multiplexer is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result.IsConnected: true } };

    /// <summary>Runs a script on the primary. A script that was sent may have run even when this throws.</summary>
    /// <exception cref="StoreUnavailableException">No answer within the command timeout, or an error from Redis.</exception>
    public async Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        try
        {
            ConnectionMultiplexer multiplexer = await _multiplexer.Value.WaitAsync(_options.ConnectTimeout + _options.CommandTimeout, cancellationToken);
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

    /// <summary>The servers that are connected, replicas among them. The log tells why where none is.</summary>
    /// <exception cref="StoreUnavailableException">There is no primary.</exception>
    public async Task<IReadOnlyList<IServer>> ServersAsync(CancellationToken cancellationToken)
    {
        try
        {
            ConnectionMultiplexer multiplexer = await _multiplexer.Value.WaitAsync(_options.ConnectTimeout + _options.CommandTimeout, cancellationToken);
            IServer[] connected = [.. multiplexer.GetServers().Where(server => server.IsConnected)];
            if (connected.Length == 0)
            {
                // Nobody else may have asked yet, and only a call that fails tells the cause, such as a wrong password.
                await multiplexer.GetDatabase().PingAsync(CommandFlags.DemandMaster).WaitAsync(_options.CommandTimeout, cancellationToken);
            }

            return connected;
        }
        catch (Exception exception) when (exception is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            _failures.Note(exception);
            AskWhoIsPrimary();
            await TellCauseAsync(cancellationToken);
            throw new StoreUnavailableException("redis", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_multiplexer.IsValueCreated)
        {
            ConnectionMultiplexer multiplexer = await _multiplexer.Value;
            await multiplexer.DisposeAsync();
        }
    }

    /// <summary>
    /// The library goes on telling of the first failure, though it tries again: a time-out at start would hide a wrong password for good. A
    /// connection of its own, gone at once, tells the present one.
    /// </summary>
    private async Task TellCauseAsync(CancellationToken cancellationToken)
    {
        try
        {
            ConfigurationOptions configuration = Parse(_options);
            configuration.AbortOnConnectFail = true;
            configuration.ConnectRetry = 1;
            await using ConnectionMultiplexer probe = await ConnectionMultiplexer.ConnectAsync(configuration);
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (RedisConnectionException exception)
        {
            _failures.Note(exception);
        }
    }

    /// <summary>
    /// The library looks for another primary when a connection breaks, and then once a minute. A replica that is promoted a moment later
    /// would be used a minute later: so a failed call asks again, once per command timeout at most and without waiting for it.
    /// </summary>
    private void AskWhoIsPrimary()
    {
        if (_multiplexer.Value is { IsCompletedSuccessfully: true, Result: var multiplexer } && Interlocked.Exchange(ref _asking, 1) == 0)
        {
            _ = AskAsync(multiplexer);
        }
    }

    private async Task AskAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            await multiplexer.ConfigureAsync();
        }
        catch (Exception exception)
        {
            // Whatever it is: nobody waits for this, and the next failed call has to be able to ask again.
            _failures.Note(exception);
        }

        await Task.Delay(_options.CommandTimeout, TimeProvider.System);
        Volatile.Write(ref _asking, 0);
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        ConfigurationOptions configuration = Parse(_options);
        ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration);
        multiplexer.ConnectionFailed += (_, failure) => Log.ConnectionFailed(_logger, failure.EndPoint?.ToString(), failure.FailureType.ToString());
        multiplexer.ConnectionRestored += (_, restored) =>
        {
            Log.ConnectionRestored(_logger, restored.EndPoint?.ToString());
            ServersChanged?.Invoke();
        };
        multiplexer.ConfigurationChanged += (_, _) => ServersChanged?.Invoke();
        return multiplexer;
    }

    /// <summary>Makes the library's options from ours.</summary>
    /// <exception cref="ArgumentException">The configuration text is not valid.</exception>
    internal static ConfigurationOptions Parse(RedisOptions options)
    {
        ConfigurationOptions configuration = ConfigurationOptions.Parse(options.Configuration ?? "", ignoreUnknown: false);
        configuration.AbortOnConnectFail = false;
        configuration.ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds;
        configuration.AsyncTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.SyncTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry(250);
        configuration.IncludeDetailInExceptions = false;
        configuration.ClientName = "aivo-gateway";

        // CLIENT ID and INFO are among what the library calls administration; what may be done is for Redis' own users to say.
        configuration.AllowAdmin = true;

        // The library's own key and channel, outside of our prefix: a user with no more rights than needed has none on them.
        configuration.TieBreaker = "";
        configuration.ConfigurationChannel = "";
        configuration.Ssl |= options.Tls;
        if (options.CaFile is { } file)
        {
            configuration.TrustIssuer(X509CertificateLoader.LoadCertificateFromFile(file));
        }

        return configuration;
    }

    private static partial class Log
    {
        [LoggerMessage(200, LogLevel.Warning, "The connection to Redis at {EndPoint} failed: {Failure}", EventName = "RedisConnectionFailed")]
        public static partial void ConnectionFailed(ILogger logger, string? endPoint, string failure);

        [LoggerMessage(201, LogLevel.Information, "The connection to Redis at {EndPoint} is back", EventName = "RedisConnectionRestored")]
        public static partial void ConnectionRestored(ILogger logger, string? endPoint);
    }
}
