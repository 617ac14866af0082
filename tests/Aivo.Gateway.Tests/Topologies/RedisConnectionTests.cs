using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Sessions;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>The connection at the end of the process.</summary>
public sealed class RedisConnectionTests
{
    [Fact]
    public async Task CallAfterTheEnd_IsRefused_AndDoesNotConnectOnceMore()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync();
        RedisConnection connection = SessionSamples.ConnectTo(redis.Configuration, "after-the-end");
        await connection.EvaluateAsync("return 1", [], [], TestContext.Current.CancellationToken);
        await connection.DisposeAsync();
        await Eventually.TrueAsync(async () => !await IsConnectedAsync(redis), () => "the connection stays");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => connection.EvaluateAsync("return 1", [], [], TestContext.Current.CancellationToken));

        Assert.False(await IsConnectedAsync(redis));
    }

    private static async Task<bool> IsConnectedAsync(LocalRedis redis) =>
        (await redis.CommandAsync("CLIENT", "LIST")).Contains("name=aivo-gateway", StringComparison.Ordinal);
}
