using System.Net;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>
/// Which servers to connect to. Where <see cref="RedisOptions.Configuration"/> names Sentinels, which of them is the primary is for those to
/// say and for nobody else: a primary that was stopped or cut off, and comes back after another was promoted, calls itself one for seconds
/// longer, and writes to it are lost. Elsewhere the servers themselves say it.
/// </summary>
internal sealed partial class RedisServers(RedisOptions options, ILogger<RedisServers> logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<ConnectionMultiplexer>? _sentinels;
    private bool _isDisposed;
    private volatile EndPoint? _primary;

    /// <summary>The server that the Sentinels have named last; null where there are none, and before they were asked.</summary>
    public EndPoint? Primary => _primary;

    /// <summary>To connect with for reading and writing: where Sentinels are, to the primary alone, so that there is no other to be mistaken for it.</summary>
    /// <exception cref="RedisConnectionException">No Sentinel answers.</exception>
    public async Task<ConfigurationOptions> ForCallsAsync()
    {
        ConfigurationOptions configuration = RedisConfiguration.Parse(options);
        return configuration.ServiceName is { Length: > 0 } service ? To([await AskAsync(configuration, service)], configuration) : configuration;
    }

    /// <summary>To connect with for a look at all servers, replicas among them.</summary>
    /// <exception cref="RedisConnectionException">No Sentinel answers.</exception>
    public async Task<ConfigurationOptions> ForInspectionAsync()
    {
        ConfigurationOptions configuration = RedisConfiguration.Parse(options);
        if (configuration.ServiceName is not { Length: > 0 } service)
        {
            return configuration;
        }

        EndPoint primary = await AskAsync(configuration, service);
        IServer[] sentinels = (await ConnectedAsync(configuration, service)).GetServers();
        EndPoint[]?[] replicas = await Task.WhenAll(sentinels.Select(sentinel => AnswerAsync(() => sentinel.SentinelGetReplicaAddressesAsync(service))));
        return To([primary, .. replicas.SelectMany(named => named ?? []).Where(replica => !replica.Equals(primary)).Distinct()], configuration);
    }

    /// <summary>Asks again; <see cref="Primary"/> is what most Sentinels say then. Nothing to do where there are none.</summary>
    /// <exception cref="RedisConnectionException">No Sentinel answers.</exception>
    public async Task AskAsync()
    {
        ConfigurationOptions configuration = RedisConfiguration.Parse(options);
        if (configuration.ServiceName is { Length: > 0 } service)
        {
            await AskAsync(configuration, service);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<ConnectionMultiplexer>? sentinels;
        lock (_lock)
        {
            (sentinels, _sentinels, _isDisposed) = (_sentinels, null, true);
        }

        if (sentinels is { IsCompletedSuccessfully: true, Result: var connection })
        {
            await connection.DisposeAsync();
        }
    }

    private static ConfigurationOptions To(EndPoint[] servers, ConfigurationOptions configuration)
    {
        configuration.ServiceName = null;
        configuration.EndPoints.Clear();
        foreach (EndPoint server in servers)
        {
            configuration.EndPoints.Add(server);
        }

        return configuration;
    }

    /// <summary>What most say who answer: one that was cut off from the others still names the former.</summary>
    private async Task<EndPoint> AskAsync(ConfigurationOptions configuration, string service)
    {
        IServer[] sentinels = (await ConnectedAsync(configuration, service)).GetServers();
        var answers = new List<EndPoint>();
        await foreach (Task<EndPoint?> answer in Task.WhenEach(sentinels.Select(sentinel => AnswerAsync(() => sentinel.SentinelGetMasterAddressByNameAsync(service)))))
        {
            if (await answer is { } named)
            {
                answers.Add(named);
                if (answers.Count(named.Equals) > sentinels.Length / 2)
                {
                    break; // the others, which may be away, cannot change it
                }
            }
        }

        EndPoint primary = answers.GroupBy(named => named).MaxBy(group => group.Count())?.Key
            ?? throw new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, $"no Sentinel names a primary for {service}");
        if (!primary.Equals(_primary))
        {
            _primary = primary;
            Log.PrimaryNamed(logger, primary.ToString());
        }

        return primary;
    }

    /// <returns>Null where this Sentinel does not answer in time, or knows of nothing.</returns>
    private async Task<T?> AnswerAsync<T>(Func<Task<T>> ask)
        where T : class?
    {
        try
        {
            return await ask().WaitAsync(options.CommandTimeout);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return null;
        }
    }

    private Task<ConnectionMultiplexer> ConnectedAsync(ConfigurationOptions configuration, string service)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _sentinels is { IsFaulted: false } present ? present : _sentinels = ConnectAsync(configuration.Clone(), service);
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration, string service)
    {
        await Task.Yield(); // the lock is held
        configuration.ServiceName = null;
        ConnectionMultiplexer sentinels = await ConnectionMultiplexer.SentinelConnectAsync(configuration);

        // Nothing depends on it: a call that fails asks as well. It makes a planned fail-over cost no call.
        await sentinels.GetSubscriber().SubscribeAsync(RedisChannel.Literal("+switch-master"), (_, _) => _ = AskAfterSwitchAsync(service), CommandFlags.FireAndForget);
        return sentinels;
    }

    private async Task AskAfterSwitchAsync(string service)
    {
        try
        {
            await AskAsync(RedisConfiguration.Parse(options), service);
        }
        catch (Exception exception)
        {
            // Nobody waits for this, and whoever calls next asks again.
            Log.NotAsked(logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(203, LogLevel.Information, "The Sentinels name {Server} as the primary", EventName = "RedisPrimaryNamed")]
        public static partial void PrimaryNamed(ILogger logger, string? server);

        [LoggerMessage(204, LogLevel.Debug, "The Sentinels were not asked after a change of primary: {Reason}", EventName = "RedisSentinelsNotAsked")]
        public static partial void NotAsked(ILogger logger, string reason);
    }
}
