using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Aivo.Gateway.Primitives;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>
/// The connection that only syncs use. What it sends stays in order on one connection to one server, which is what an acknowledgement by
/// replicas rests on; and <c>WAIT</c>, which blocks all that is behind it, delays nobody else. After a failure the caller asks for a new
/// one: a server that was cut off, or is no longer the primary, must not be believed because its connection still stands.
/// </summary>
internal sealed partial class RedisSyncConnection : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<RedisSyncConnection> _logger;
    private readonly RedisFailures _failures;
    private readonly PrimaryConnection _connection;
    private readonly ConcurrentDictionary<RedisKey, System.Net.EndPoint> _owners = new();
    private readonly ConcurrentDictionary<string, Action> _subscriptions = new();
    private long _renewedAt;

    public RedisSyncConnection(RedisOptions options, RedisServers servers, TimeProvider timeProvider, ILogger<RedisSyncConnection> logger)
    {
        (_timeProvider, _logger) = (timeProvider, logger);
        _failures = new RedisFailures(logger);
        _connection = new PrimaryConnection(options, servers, timeProvider, ConnectAsync);
    }

    /// <summary>Runs a script on the primary that owns its first key, then waits for replicas.</summary>
    /// <param name="replicas">How many must have what the script wrote; 0 for none.</param>
    /// <param name="patience">For how long they may take.</param>
    /// <returns>The reply, and whether the replicas have acknowledged it; true where none are asked.</returns>
    /// <exception cref="StoreUnavailableException">There is no answer; the script may have run.</exception>
    public async Task<(RedisResult Reply, bool Acknowledged)> EvaluateAsync(
        SyncScript script, RedisKey[] keys, RedisValue[] values, int replicas, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            ConnectionMultiplexer multiplexer = await _connection.GetAsync().WaitAsync(cancellationToken);
            IServer server = await OwnerAsync(multiplexer, keys[0], cancellationToken);
            (RedisResult Reply, bool Acknowledged) answer;
            try
            {
                answer = await EvaluateAsync(server, ["EVALSHA", script.Hash], keys, values, replicas, patience, cancellationToken);
            }
            catch (RedisServerException exception) when (exception.Kind == RedisErrorKind.NoScript)
            {
                answer = await EvaluateAsync(server, ["EVAL", script.Text], keys, values, replicas, patience, cancellationToken);
            }

            _failures.Over();
            return answer;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException or ArgumentException)
        {
            _owners.Clear();
            _failures.Note(exception);
            throw new StoreUnavailableException("redis", exception);
        }
    }

    /// <summary>Calls <paramref name="news"/> whenever something is published; nothing may depend on it.</summary>
    public void Subscribe(string channel, Action news) => _subscriptions[channel] = news;

    /// <summary>
    /// Leaves the connection and makes a new one, which asks which server is the primary; at most once per <paramref name="interval"/>, so
    /// that a server in trouble is left alone.
    /// </summary>
    public void Renew(TimeSpan interval)
    {
        lock (_lock)
        {
            if ((_renewedAt == 0 || _timeProvider.GetElapsedTime(_renewedAt) >= interval) && _connection.TryRenew())
            {
                _renewedAt = _timeProvider.GetTimestamp();
            }
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static async Task<(RedisResult Reply, bool Acknowledged)> EvaluateAsync(
        IServer server, object[] command, RedisKey[] keys, RedisValue[] values, int replicas, TimeSpan patience, CancellationToken cancellationToken)
    {
        object[] arguments = [command[1], keys.Length, .. keys.Select(key => (object)key), .. values.Select(value => (object)value)];
        if (replicas == 0)
        {
            return (await server.ExecuteAsync((string)command[0], arguments).WaitAsync(cancellationToken), true);
        }

        // All at once, in this order. After a silent reconnect WAIT answers for a connection that has written nothing: the ids tell.
        Task<RedisResult> before = server.ExecuteAsync("CLIENT", "ID");
        Task<RedisResult> reply = server.ExecuteAsync((string)command[0], arguments);
        Task<RedisResult> acknowledged = server.ExecuteAsync("WAIT", replicas, (long)patience.TotalMilliseconds);
        Task<RedisResult> after = server.ExecuteAsync("CLIENT", "ID");
        await Task.WhenAll(before, reply, acknowledged, after).WaitAsync(cancellationToken);
        return (await reply, (long)await before == (long)await after && (long)await acknowledged >= replicas);
    }

    private async Task<IServer> OwnerAsync(ConnectionMultiplexer multiplexer, RedisKey key, CancellationToken cancellationToken)
    {
        if (!_owners.TryGetValue(key, out System.Net.EndPoint? owner))
        {
            owner = await multiplexer.GetDatabase().IdentifyEndpointAsync(key, CommandFlags.DemandMaster).WaitAsync(cancellationToken)
                ?? throw new StoreUnavailableException("redis", null);
            _owners[key] = owner;
        }

        return multiplexer.GetServer(owner);
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration)
    {
        _owners.Clear();
        configuration.ClientName = "aivo-gateway-sync";
        configuration.AsyncTimeout = int.MaxValue; // the caller bounds every call, WAIT among them
        ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration);
        foreach ((string channel, Action news) in _subscriptions)
        {
            try
            {
                await multiplexer.GetSubscriber().SubscribeAsync(RedisChannel.Literal(channel), (_, _) => news(), CommandFlags.FireAndForget);
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                Log.NotSubscribed(_logger, channel, exception.Message);
            }
        }

        return multiplexer;
    }

    private static partial class Log
    {
        [LoggerMessage(240, LogLevel.Warning, "No news from {Channel}: revocations are fetched at the sync interval only ({Reason})", EventName = "RedisNotSubscribed")]
        public static partial void NotSubscribed(ILogger logger, string channel, string reason);
    }
}

/// <summary>A script, and the hash by which a server that has seen it knows it.</summary>
internal sealed record SyncScript(string Text)
{
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "Redis names scripts by their SHA-1; nothing is protected by it.")]
    public string Hash { get; } = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(Text)));
}
