using System.Text.Json;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>The scopes of a logout, on one gateway whose keys the test holds.</summary>
public sealed class LogoutScopeTests(KeyedGateway keyed) : IClassFixture<KeyedGateway>
{
    private const string Admin = "admin@example.com";

    private ContractClient Client => keyed.Client;

    [Fact]
    public async Task Others_EndsTheUsersOtherSessions_AndNobodyElses()
    {
        ContractClient.AuthResponse mine = await LoginAsync(), first = await LoginAsync(), second = await LoginAsync();
        ContractClient.AuthResponse foreign = await Client.LoginAsync(Admin, DemoGateway.Password);
        await Client.LogoutAsync(mine.AccessToken, "others");
        await Client.LogoutAsync(mine.AccessToken, "others");

        foreach (ContractClient.AuthResponse ended in new[] { first, second })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await Client.StatusAsync("/demo/x", ended.AccessToken));
            await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => Client.RefreshAsync(ended));
        }

        Assert.Equal([true], (await Client.SessionsAsync(mine.AccessToken)).Select(session => session.Current));
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", foreign.AccessToken));
        await Client.RefreshAsync(mine);
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", (await LoginAsync()).AccessToken));
    }

    [Fact]
    public async Task All_EndsEverySession_CanBeRepeated_AndALaterLoginStands()
    {
        ContractClient.AuthResponse mine = await LoginAsync(), other = await LoginAsync();
        await Client.LogoutAsync(mine.AccessToken, "all");
        foreach (ContractClient.AuthResponse ended in new[] { mine, other })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await Client.StatusAsync("/demo/x", ended.AccessToken));
            await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => Client.RefreshAsync(ended));
        }

        // The repeated call confirms what was done and acts on nothing that has begun since.
        ContractClient.AuthResponse later = await LoginAsync();
        await Client.LogoutAsync(mine.AccessToken, "all");
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", later.AccessToken));
        await Client.RefreshAsync(later);
    }

    [Theory]
    [InlineData("local", "others")]
    [InlineData("local", "all")]
    [InlineData("all", "others")]
    public async Task SessionThatHasEnded_CannotEndOthers(string firstScope, string then)
    {
        ContractClient.AuthResponse ended = await LoginAsync();
        await Client.LogoutAsync(ended.AccessToken, firstScope);
        ContractClient.AuthResponse other = await LoginAsync();

        using HttpResponseMessage refused = await Client.SendAsync(HttpMethod.Post, "/auth/v1/logout?scope=" + then, ended.AccessToken, null);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("invalid_token", (await ContractClient.ErrorAsync(refused)).Code);
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", other.AccessToken));
        await Client.LogoutAsync(ended.AccessToken);
    }

    [Theory]
    [InlineData("")]
    [InlineData("local")]
    [InlineData("others")]
    [InlineData("all")]
    public async Task ExpiredBearer_OfALiveSession_LogsOutWithEveryScope(string scope)
    {
        ContractClient.AuthResponse mine = await LoginAsync(), other = await LoginAsync();
        await Client.LogoutAsync(Expired(mine), scope.Length == 0 ? "local" : scope);

        Assert.Equal(scope == "others" ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, await Client.StatusAsync("/demo/x", mine.AccessToken));
        Assert.Equal(scope is "others" or "all" ? HttpStatusCode.Unauthorized : HttpStatusCode.OK, await Client.StatusAsync("/demo/x", other.AccessToken));
    }

    [Fact]
    public async Task TokenThatNamesAnotherUser_EndsTheSessionsOfTheRecordsUser()
    {
        ContractClient.AuthResponse mine = await LoginAsync(), other = await LoginAsync();
        ContractClient.AuthResponse foreign = await Client.LoginAsync(Admin, DemoGateway.Password);
        string crossed = SecretLedger.Note(keyed.Kit.Change(mine.AccessToken, payload: payload => payload["sub"] = foreign.User.Id.ToString()));
        await Client.LogoutAsync(crossed, "others");

        Assert.Equal(HttpStatusCode.Unauthorized, await Client.StatusAsync("/demo/x", other.AccessToken));
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", foreign.AccessToken));
    }

    [Theory]
    [InlineData("?scope=")]
    [InlineData("?scope")]
    [InlineData("?scope=ALL")]
    [InlineData("?scope=everything")]
    [InlineData("?scope=all&scope=all")]
    [InlineData("?scope=local&scope=all")]
    [InlineData("?scope=local,all")]
    [InlineData("?scope=all%20")]
    [InlineData("?scope=all%00")]
    [InlineData("?SCOPE=everything")]
    public async Task ScopeThatIsNone_Is422_AndEndsNothing(string query)
    {
        ContractClient.AuthResponse mine = await LoginAsync(), other = await LoginAsync();
        using HttpResponseMessage refused = await Client.SendAsync(HttpMethod.Post, "/auth/v1/logout" + query, mine.AccessToken, null);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        using JsonDocument body = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("scope", body.RootElement.GetProperty("validationErrors")[0].GetProperty("field").GetString());
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", mine.AccessToken));
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", other.AccessToken));
    }

    [Fact]
    public async Task Logouts_AreCountedByScopeAndOutcome()
    {
        ContractClient.AuthResponse mine = await LoginAsync(), other = await LoginAsync();
        await Client.LogoutAsync(mine.AccessToken, "others");
        await Client.LogoutAsync(mine.AccessToken, "all");
        await Client.LogoutAsync(mine.AccessToken, "all");
        using HttpResponseMessage refused = await Client.SendAsync(HttpMethod.Post, "/auth/v1/logout?scope=others", other.AccessToken, null);

        using var http = new HttpClient { BaseAddress = keyed.Gateway.Management };
        string metrics = await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        foreach (string tags in new[] { "ended\",scope=\"others", "ended\",scope=\"all", "already_ended\",scope=\"all", "invalid_token\",scope=\"others" })
        {
            Assert.Contains($"outcome=\"{tags}\"", metrics, StringComparison.Ordinal);
        }
    }

    private Task<ContractClient.AuthResponse> LoginAsync() => Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);

    private string Expired(ContractClient.AuthResponse pair) => SecretLedger.Note(keyed.Kit.Change(pair.AccessToken, payload: payload =>
    {
        payload["iat"] = (long)payload["iat"]! - 3600;
        payload["exp"] = (long)payload["exp"]! - 3600;
    }));
}
