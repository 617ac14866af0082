using System.Text;
using System.Text.Json.Nodes;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>What is sent as a refresh token and is none: 401 <c>invalid_refresh_token</c>, and the real one stays good (SR-51).</summary>
public sealed class BadRefreshTokenTests(KeyedGateway keyed) : IClassFixture<KeyedGateway>
{
    [Fact]
    public async Task ForgedRefreshTokens_AreRefused_AndChangeNothing()
    {
        ContractClient.AuthResponse pair = await keyed.Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        foreach ((string name, string token) in Forgeries(pair))
        {
            using HttpResponseMessage answer = await keyed.Client.SendAsync(HttpMethod.Post, "/auth/v1/refresh", pair.AccessToken, new { refreshToken = token });
            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{name}: {answer.StatusCode}");
            Assert.True((await ContractClient.ErrorAsync(answer)).Code == "invalid_refresh_token", name);
        }

        await keyed.Client.RefreshAsync(pair);
    }

    private IEnumerable<(string Name, string Token)> Forgeries(ContractClient.AuthResponse pair)
    {
        string good = pair.RefreshToken;
        string[] parts = good.Split('.');
        string payload = Encoding.UTF8.GetString(IssuingKit.Part(good, 1));
        yield return ("a word", "refresh");
        yield return ("the access token", pair.AccessToken);
        yield return ("two parts", $"{parts[0]}.{parts[1]}");
        yield return ("four parts", $"{good}.AAAA");
        yield return ("cut off", good[..^1]);
        yield return ("one character more", $"{good}A");
        yield return ("padding", $"{good}=");
        yield return ("space in front", $" {good}");
        yield return ("line break at the end", $"{good}\n");
        yield return ("scheme in front", $"Bearer {good}");
        yield return ("upper case", good.ToUpperInvariant());
        yield return ("last character changed", good[..^2] + (good[^2] == 'A' ? 'B' : 'A') + good[^1]);
        yield return ("without a MAC", $"{parts[0]}.{parts[1]}.");
        yield return ("alg none", $"{IssuingKit.Encode("{\"alg\":\"none\",\"typ\":\"rt+jwt\"}"u8.ToArray())}.{parts[1]}.");
        yield return ("an empty secret", IssuingKit.Mac(good, []));
        yield return ("another secret", IssuingKit.Mac(good, new byte[32]));
        yield return ("the public key as the secret", IssuingKit.Mac(good, Encoding.ASCII.GetBytes(keyed.Kit.Keys.Active.Verification.X)));
        JsonObject later = IssuingKit.ObjectIn(good, 1);
        later["n"] = later["n"]!.GetValue<int>() + 1;
        yield return ("a later number", $"{parts[0]}.{IssuingKit.Encode(Encoding.UTF8.GetBytes(later.ToJsonString()))}.{parts[2]}");
        yield return ("white space in the payload", $"{parts[0]}.{IssuingKit.Encode(Encoding.UTF8.GetBytes(" " + payload))}.{parts[2]}");
        yield return ("signed like an access token", keyed.Kit.Sign(Encoding.UTF8.GetString(IssuingKit.Part(pair.AccessToken, 0)), payload));
        yield return ("very long", new string('A', 30_000));
        yield return ("not ASCII", $"{parts[0]}.{parts[1]}.\u00e9\u0416");
    }
}
