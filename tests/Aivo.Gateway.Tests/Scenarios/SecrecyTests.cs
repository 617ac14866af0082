using System.Security.Cryptography;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using CsCheck;
using Xunit.Sdk;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>
/// No log line holds a token or a password (SR-88), however much is logged. The search itself runs whenever a gateway of the suite
/// ends; that it finds something is shown here.
/// </summary>
public sealed class SecrecyTests
{
    /// <summary>Sources that the delivered settings keep at Warning.</summary>
    private static readonly string[] Quietened = ["Microsoft", "System", "Yarp"];

    [Theory]
    [InlineData("planted-password", "a line with planted-password in it")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXBsYW50ZWQ", "only the signature: c2lnbmF0dXJlLXBsYW50ZWQ")]
    public void PlantedSecret_IsFound_AndNotRepeated(string secret, string line)
    {
        SecretLedger.AssertNoneIn([line]);
        SecretLedger.Note(secret);
        XunitException found = Assert.ThrowsAny<XunitException>(() => SecretLedger.AssertNoneIn(["harmless", line]));
        Assert.DoesNotContain(secret[(secret.LastIndexOf('.') + 1)..], found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Index_FindsWhatASearchForEachSecretFinds()
    {
        // Few characters, so that secrets end alike, hold one another and stand in lines by chance.
        Gen<string> text = Gen.Char["ab"].Array[0, 40].Select(characters => new string(characters));
        Gen.Select(text.Where(secret => secret.Length is >= SecretIndex.ShortestLength and <= 12).Array[0, 20], text).Sample((secrets, line) =>
        {
            var index = new SecretIndex();
            Array.ForEach(secrets, index.Add);
            string? found = index.FindIn(line);
            return found is null
                ? !secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal))
                : secrets.Contains(found) && line.Contains(found, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void EachOfManySecrets_IsFoundAtEitherEndOfALine()
    {
        string[] secrets = [.. Enumerable.Range(0, 100_000).Select(_ => $"same-beginning-{Convert.ToBase64String(RandomNumberGenerator.GetBytes(18))}")];
        var index = new SecretIndex();
        Array.ForEach(secrets, index.Add);

        Assert.All(secrets, secret => Assert.Equal(secret, index.FindIn($"{secret} first")));
        Assert.All(secrets, secret => Assert.Equal(secret, index.FindIn($"last: {secret}")));
        Assert.All(secrets, secret => Assert.Null(index.FindIn(secret.AsSpan(0, secret.Length - 1))));
    }

    [Theory]
    [InlineData("Debug", false)]
    [InlineData("Verbose", false)]
    [InlineData("Verbose", true)]
    public async Task ChattyLog_StillHoldsNoSecret(string level, bool everySource)
    {
        List<(string, string)> settings = [("Serilog:MinimumLevel:Default", level), ("Gateway:AccessLog", "true")];
        if (everySource)
        {
            settings.AddRange(Quietened.Select(source => ($"Serilog:MinimumLevel:Override:{source}", level)));
        }

        GatewayProcess gateway = await GatewayProcess.StartAsync([.. settings]);
        await using (gateway)
        {
            using var http = new HttpClient { BaseAddress = gateway.Address };
            await UseEverythingAsync(new ContractClient(http), gateway);
            await gateway.LogLineAsync("\"Path\":\"/public/last\"");
        }

        // Ending the gateway searched its log; what it searched was not an empty one.
        Assert.Contains(gateway.Log, line => line.Contains("\"Name\":\"RefreshRotated\"", StringComparison.Ordinal));
        Assert.Equal(everySource, gateway.Log.Any(line => line.Contains("\"SourceContext\":\"Yarp.ReverseProxy.Forwarder.HttpForwarder\"", StringComparison.Ordinal)));
    }

    private static async Task UseEverythingAsync(ContractClient client, GatewayProcess gateway)
    {
        ContractClient.AuthResponse first = await client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => client.LoginAsync(DemoGateway.Learner, "a mistyped password"));
        await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => client.LoginAsync("not an address", "a password without account"));
        await client.MeAsync(first.AccessToken);
        await client.StatusAsync("/demo/x", first.AccessToken);
        ContractClient.AuthResponse second = await client.RefreshAsync(first);
        await client.RefreshAsync(second.AccessToken, first.RefreshToken);
        await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => client.RefreshAsync(second.RefreshToken, second.AccessToken));
        await client.StatusAsync("/demo/x", second.AccessToken + "x");
        await RawHttp.GetAsync(gateway.Port, "/demo/ws", $"Sec-WebSocket-Protocol: chat, aivo.bearer.{second.AccessToken}");
        await RawHttp.GetAsync(gateway.Port, "/demo/x", $"Authorization: Bearer {second.AccessToken}", $"Authorization: Bearer {first.AccessToken}");
        await RawHttp.GetAsync(gateway.Port, "/public/x", $"Authorization: Bearer {second.AccessToken}", $"Cookie: token={second.RefreshToken}");
        await client.LogoutAsync(second.AccessToken);
        await client.StatusAsync("/demo/x", second.AccessToken);
        await client.StatusAsync("/public/last", null);
    }
}
