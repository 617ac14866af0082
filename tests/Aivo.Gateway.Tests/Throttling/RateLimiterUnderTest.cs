using Aivo.Gateway.Redis;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Throttling;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Throttling;

/// <summary>
/// One of the two limiters, with a clock that the test moves: virtual time on the node; in Redis, whose clock is its own, the ends of all
/// windows are moved to the past instead.
/// </summary>
internal sealed class RateLimiterUnderTest : IAsyncDisposable
{
    private const string Move = """
        for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
          if string.sub(field, 1, 1) == 'e' then redis.call('HINCRBY', KEYS[1], field, '-' .. ARGV[1]) end
        end
        """;

    private readonly FakeTimeProvider _time = new();
    private readonly RedisConnection? _redis;
    private readonly HashSet<(string Limit, UInt128 Subject)> _charged = [];
    private readonly IRateLimiter _limiter;

    public RateLimiterUnderTest(string kind, RedisServer server)
    {
        _redis = kind == "redis" ? RateLimitSamples.Connect(server.Configuration, RedisServer.NewKeyPrefix()) : null;
        _limiter = _redis is null ? new NodeRateLimiter(1_000, _time, NullLogger<NodeRateLimiter>.Instance) : new RedisRateLimiter(_redis);
    }

    public async Task<RateLimitVerdict> ChargeAsync(params RateLimitCharge[] charges)
    {
        lock (_charged)
        {
            _charged.UnionWith(charges.Select(charge => (charge.Limit.Name, charge.Subject)));
        }

        return await _limiter.ChargeAsync(charges, TestContext.Current.CancellationToken);
    }

    public async Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        foreach ((string limit, UInt128 subject) in _redis is null ? [] : _charged)
        {
            await _redis!.EvaluateAsync(Move, [_redis.Keys.RateCounters(limit, $"{subject:x32}")], [(long)time.TotalMilliseconds], TestContext.Current.CancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _redis?.DisposeAsync() ?? ValueTask.CompletedTask;
}
