using System.Net;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>
/// One connection to the primary, or to a Cluster: made by the first who asks for it, and again after that failed, after
/// <see cref="TryRenew"/>, and when the Sentinels have named another server.
/// </summary>
/// <param name="make">Connects, and does what belongs to every new connection.</param>
internal sealed class PrimaryConnection(
    RedisOptions options, RedisServers servers, TimeProvider timeProvider, Func<ConfigurationOptions, Task<ConnectionMultiplexer>> make) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<ConnectionMultiplexer>? _multiplexer;
    private volatile EndPoint? _primary;
    private long _connectingSince;
    private bool _isDisposed;

    /// <summary>The connection, if there is one; nobody waits for it.</summary>
    public ConnectionMultiplexer? Current => Volatile.Read(ref _multiplexer) is { IsCompletedSuccessfully: true, Result: var present } ? present : null;

    /// <summary>Sentinels are asked first, then the server they name; each may use up its time.</summary>
    private TimeSpan MostConnecting => 3 * options.ConnectTimeout;

    public Task<ConnectionMultiplexer> GetAsync()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                // Whoever is late at the end of the process must not connect once more.
                return Task.FromException<ConnectionMultiplexer>(new ObjectDisposedException(nameof(PrimaryConnection)));
            }

            if (_multiplexer is { IsFaulted: false } present && (_primary is null || _primary.Equals(servers.Primary)))
            {
                return present;
            }

            Leave();
            _connectingSince = timeProvider.GetTimestamp();
            return _multiplexer = ConnectAsync();
        }
    }

    /// <summary>
    /// Leaves the connection, and whoever asks next makes a new one. False while one is still being made: that asks for the primary already,
    /// and given up again and again it would never be there where servers that do not answer have to be passed over.
    /// </summary>
    public bool TryRenew()
    {
        lock (_lock)
        {
            if (_multiplexer is { IsCompleted: false } && timeProvider.GetElapsedTime(_connectingSince) < MostConnecting)
            {
                return false;
            }

            Leave();
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<ConnectionMultiplexer>? last;
        lock (_lock)
        {
            (last, _multiplexer, _isDisposed) = (_multiplexer, null, true);
        }

        if (last is not null)
        {
            await CloseAsync(last);
        }
    }

    private static async Task CloseAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            await (await connecting).DisposeAsync();
        }
        catch (Exception)
        {
            // It never came up, or is gone: that is what was asked for.
        }
    }

    private void Leave()
    {
        if (_multiplexer is { } former)
        {
            _ = CloseAsync(former);
        }

        (_multiplexer, _primary) = (null, null);
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        await Task.Yield(); // the lock is held
        ConfigurationOptions configuration = await servers.ForCallsAsync();
        EndPoint? primary = servers.Primary is null ? null : configuration.EndPoints[0];
        ConnectionMultiplexer multiplexer = await make(configuration);
        _primary = primary;
        return multiplexer;
    }
}
