using System.Security.Cryptography;
using System.Text.Json;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Keys are rotated by adding a file and naming it: nobody is logged out by that, and a removed key opens nothing (SR-37).</summary>
public sealed class KeyRotationTests(RedisServer redis) : IDisposable
{
    private readonly KeyFolder _keys = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly string _prefix = RedisServer.NewKeyPrefix();

    public void Dispose()
    {
        _keys.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task NewKeys_TakeOver_WhileOldTokensHold_UntilTheOldKeysAreRemoved()
    {
        AddKeys("old");
        ContractClient.AuthResponse before = default!;
        await OnGatewayAsync("old", async client => before = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password));
        string oldKey = KeyIdOf(before.AccessToken);

        AddKeys("new");
        ContractClient.AuthResponse rotated = default!, after = default!;
        await OnGatewayAsync("new", async client =>
        {
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", before.AccessToken));
            rotated = await client.RefreshAsync(before);
            after = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
            string newKey = KeyIdOf(after.AccessToken);
            Assert.NotEqual(oldKey, newKey);
            Assert.Equal(newKey, KeyIdOf(rotated.AccessToken));
            Assert.NotEqual(KeyIdOf(before.RefreshToken), KeyIdOf(after.RefreshToken));
            Assert.Equal(new[] { oldKey, newKey }.Order(), (await PublishedAsync(client)).Order());
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", rotated.AccessToken));
            await client.RefreshAsync(rotated);
        });

        File.Delete(Path.Combine(_keys.Path, "old.pem"));
        File.Delete(Path.Combine(_keys.Path, "old.key"));
        await OnGatewayAsync("new", async client =>
        {
            using HttpResponseMessage refused = await client.GetAsync("/demo/x", before.AccessToken);
            Assert.Equal("invalid_token", (await ContractClient.ErrorAsync(refused)).Code);
            Assert.Equal([KeyIdOf(after.AccessToken)], await PublishedAsync(client));
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", after.AccessToken));
            await client.RefreshAsync(after);
        });
    }

    private void AddKeys(string name) => _keys.Add($"{name}.pem", KeyFolder.NewP256Pem()).Add($"{name}.key", RandomNumberGenerator.GetBytes(32));

    private async Task OnGatewayAsync(string active, Func<ContractClient, Task> work)
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            ("Gateway:Store", "Redis"),
            ("Gateway:DataDirectory", _directory.Path),
            ("Redis:Configuration", redis.Configuration),
            ("Redis:KeyPrefix", _prefix),
            ("Tokens:SigningKeys", _keys.Path),
            ("Tokens:RefreshKeys", _keys.Path),
            ("Tokens:ActiveKey", active),
            ("Tokens:ActiveRefreshKey", active));
        using var http = new HttpClient { BaseAddress = gateway.Address };
        await work(new ContractClient(http));
    }

    private static string KeyIdOf(string token) => IssuingKit.ObjectIn(token, 0)["kid"]!.GetValue<string>();

    private static async Task<IEnumerable<string>> PublishedAsync(ContractClient client)
    {
        using HttpResponseMessage answer = await client.GetAsync("/.well-known/jwks.json", null);
        using JsonDocument document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return [.. document.RootElement.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!)];
    }
}
