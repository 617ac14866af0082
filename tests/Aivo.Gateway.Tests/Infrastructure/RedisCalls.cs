using System.Globalization;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>How often a server has run scripts, by its own statistics. A server of the test's own, or others are counted too.</summary>
internal sealed class RedisCalls : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _connection;

    private RedisCalls(ConnectionMultiplexer connection) => _connection = connection;

    public static async Task<RedisCalls> ConnectAsync(string configuration) =>
        new(await ConnectionMultiplexer.ConnectAsync(configuration + ",allowAdmin=true"));

    /// <summary>Calls of EVAL and EVALSHA, the failed ones included.</summary>
    public async Task<long> ScriptsAsync() => await CountAsync("eval") + await CountAsync("evalsha");

    /// <summary>Calls of one command, also from within scripts.</summary>
    public async Task<long> CountAsync(string command)
    {
        string line = (await _connection.GetServers()[0].InfoAsync("commandstats")).SelectMany(group => group)
            .FirstOrDefault(entry => entry.Key == $"cmdstat_{command}").Value ?? "calls=0,";
        return long.Parse(line["calls=".Length..line.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
