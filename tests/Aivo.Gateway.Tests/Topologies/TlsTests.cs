using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>An encrypted connection: the server's certificate is verified, its name too.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task CertificateOfTheConfiguredAuthority_ForTheConfiguredName_IsTrusted()
    {
        using var authority = new TestAuthority();
        await using LocalRedis redis = await authority.StartRedisAsync("localhost");
        await SessionJourney.RunAsync(SessionJourney.Settings($"localhost:{redis.Port}", ("Redis:Tls", "true"), ("Redis:CaFile", authority.CaFile)));
    }

    [Fact]
    public async Task CertificateForAnotherName_IsRefused()
    {
        using var authority = new TestAuthority();
        await using LocalRedis redis = await authority.StartRedisAsync("redis.example.com");
        await AssertRefusedAsync(redis, ("Redis:CaFile", authority.CaFile));
    }

    [Fact]
    public async Task CertificateOfAnotherAuthority_IsRefused()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        await using LocalRedis redis = await authority.StartRedisAsync("localhost");
        await AssertRefusedAsync(redis, ("Redis:CaFile", other.CaFile));
    }

    [Fact]
    public async Task CertificateOfATestAuthority_IsRefusedWithoutItsFile()
    {
        using var authority = new TestAuthority();
        await using LocalRedis redis = await authority.StartRedisAsync("localhost");
        await AssertRefusedAsync(redis);
    }

    private static async Task AssertRefusedAsync(LocalRedis redis, params (string Key, string Value)[] more)
    {
        await using GatewayProcess gateway = GatewayProcess.Launch(SessionJourney.Settings($"localhost:{redis.Port}", [("Redis:Tls", "true"), .. more]));
        await gateway.LogLineAsync("\"Failure\":\"AuthenticationFailure\"");
        await gateway.WaitUntilAsync(HttpStatusCode.ServiceUnavailable);
    }
}
