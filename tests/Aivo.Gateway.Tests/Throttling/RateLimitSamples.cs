using Aivo.Gateway.Redis;
using Aivo.Gateway.Throttling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Tests.Throttling;

/// <summary>Limits and charges for tests.</summary>
internal static class RateLimitSamples
{
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static RateLimit Limit(string name, params (int Permits, TimeSpan Length)[] windows) => new(
        name, [.. windows.Select(window => new RateWindow(window.Permits, window.Length))], RateLimitPartition.User, null, RateLimitScope.Distributed);

    public static RateLimitCharge[] By(this RateLimit limit, uint subject) => [new RateLimitCharge(limit, subject)];

    public static RedisConnection Connect(string configuration, string prefix)
    {
        var options = new RedisOptions
        {
            Configuration = configuration,
            KeyPrefix = prefix,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            CommandTimeout = TimeSpan.FromSeconds(5),
            Tls = false,
            CaFile = null,
        };
        return new RedisConnection(options, new RedisServers(options, NullLogger<RedisServers>.Instance), NullLogger<RedisConnection>.Instance);
    }
}
