using Aivo.Gateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>A user with the rights that docs/redis.md prints, and with fewer.</summary>
public sealed class RightsTests
{
    private static readonly string Password = SecretLedger.Note("the-password-of-the-gateways-user");

    [Fact]
    public async Task DocumentedRights_AreEnough_AndNothingOfThePromiseIsMissing()
    {
        await using LocalRedis redis = await StartAsync(Rights);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Settings(redis));
        await SessionJourney.RunAsync(gateway);
        await gateway.LogLineAsync("\"Name\":\"RedisPromise\"");
        Assert.DoesNotContain(gateway.Log, line => line.Contains("RedisNotUsable", StringComparison.Ordinal)
            || (line.Contains("RedisPromisesLess", StringComparison.Ordinal) && !line.Contains("not_durable", StringComparison.Ordinal)));

        // Redis' own list of what it refused: some refusals are silent on our side. The library asks for these and does without.
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        RedisResult[] refused = (RedisResult[])(await connection.GetDatabase().ExecuteAsync("ACL", "LOG"))!;
        Assert.Empty(refused.Select(entry => entry.ToDictionary()["object"].ToString()).Except(["config|get", "client|setinfo"]));
    }

    [Theory]
    [InlineData("+info", "info_denied", "replication_id_unreadable")]
    [InlineData("+wait", "wait_denied")]
    [InlineData("+client|id", "client_id_denied")]
    [InlineData("+publish", "publish_denied")]
    [InlineData("&aivo:*", "publish_denied")]
    public async Task MissingRight_IsNamedInTheLog_WithWhatIsThenPromised_AndTheNodeServes(string right, params string[] shortcomings)
    {
        await using LocalRedis redis = await StartAsync([.. Rights.Where(other => other != right)]);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Settings(redis));
        foreach (string shortcoming in shortcomings)
        {
            Assert.Contains("RedisPromisesLess", await gateway.LogLineAsync($"\"Shortcoming\":\"{shortcoming}\""), StringComparison.Ordinal);
        }

        await gateway.LogLineAsync("\"@m\":\"promise: ");
        await SessionJourney.RunAsync(gateway);
    }

    [Fact]
    public async Task MissingScripts_KeepTheNodeFromBeingReady()
    {
        await using LocalRedis redis = await StartAsync([.. Rights.Where(right => right != "+eval")]);
        await using GatewayProcess gateway = GatewayProcess.Launch(Settings(redis));
        await gateway.LogLineAsync("\"Shortcoming\":\"scripts_denied\"");
        await AssertNotReadyAsync(gateway, "scripts_denied");
    }

    [Fact]
    public async Task WrongPassword_IsNamedInTheLog_AlsoWhenTheFirstFailureWasATimeOut()
    {
        await using LocalRedis redis = await LocalRedis.StartAsync(Password);
        await redis.PauseAsync();
        string wrong = SecretLedger.Note("another-password-than-that-of-the-user");
        await using GatewayProcess gateway = GatewayProcess.Launch(
            [.. SessionJourney.Settings($"{redis.Configuration},password={wrong}"), ("Redis:ConnectTimeout", "00:00:00.500")]);
        await gateway.LogLineAsync("\"Name\":\"RedisCallFailed\"");
        await redis.ResumeAsync();
        await gateway.LogLineAsync("\"Failure\":\"AuthenticationFailure\"");
    }

    [Fact]
    public async Task EvictionPolicyOtherThanNoEviction_KeepsTheNodeFromBeingReady_UntilItIsMended()
    {
        await using LocalRedis redis = await LocalRedis.StartWithAsync("--maxmemory-policy", "allkeys-lru");
        await using GatewayProcess gateway = GatewayProcess.Launch(SessionJourney.Settings(redis.Configuration));
        await gateway.LogLineAsync("\"Shortcoming\":\"evicts\"");
        await AssertNotReadyAsync(gateway, "evicts");

        await redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        await gateway.WaitUntilAsync(HttpStatusCode.OK);
        await gateway.LogLineAsync("\"Name\":\"RedisShortcomingGone\"");
    }

    [Fact]
    public async Task PromotedReplicaThatEvicts_KeepsTheNodeFromBeingReady()
    {
        await using LocalRedis primary = await LocalRedis.StartAsync();
        await using LocalRedis replica = await LocalRedis.StartReplicaAsync(primary, "--maxmemory-policy", "volatile-ttl");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(SessionJourney.Settings($"{primary.Configuration},{replica.Configuration}"));
        await gateway.LogLineAsync("\"Shortcoming\":\"replica_evicts\"");

        await primary.KillAsync();
        await replica.PromoteAsync();
        await gateway.LogLineAsync("\"Shortcoming\":\"evicts\"");
        await AssertNotReadyAsync(gateway, "evicts");
    }

    [Fact]
    public async Task RenamedCommands_AreFoundMissing()
    {
        await using LocalRedis redis = await LocalRedis.StartWithAsync("--rename-command", "WAIT", "", "--rename-command", "INFO", "");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(SessionJourney.Settings(redis.Configuration));
        await gateway.LogLineAsync("\"Shortcoming\":\"wait_denied\"");
        await gateway.LogLineAsync("\"Shortcoming\":\"info_denied\"");
        await gateway.LogLineAsync("a loss is not recognised");
        await SessionJourney.RunAsync(gateway);
    }

    private static string[] Rights => DocumentedRights.Of("aivo-gateway", Password);

    private static Task<LocalRedis> StartAsync(string[] rights) => LocalRedis.StartWithAsync(["--user", .. rights]);

    private static (string Key, string Value)[] Settings(LocalRedis redis) =>
        SessionJourney.Settings($"{redis.Configuration},user=aivo-gateway,password={Password}");

    private static async Task AssertNotReadyAsync(GatewayProcess gateway, string shortcoming)
    {
        using var http = new HttpClient { BaseAddress = gateway.Management };
        await Eventually.TrueAsync(
            async () => (await http.GetAsync("/health/ready")) is { StatusCode: HttpStatusCode.ServiceUnavailable } answer
                && (await answer.Content.ReadAsStringAsync()).Contains($"\"redis\":\"{shortcoming}\"", StringComparison.Ordinal),
            () => "the node does not say why it is not ready");
    }
}
