using System.Text.Json;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>The product's one story, on embedded defaults: log in, call a service, refresh, log out, be refused.</summary>
public sealed class SessionJourneyTests(DemoGateway demo) : IClassFixture<DemoGateway>
{
    private ContractClient Client => demo.Client;

    [Fact]
    public async Task GeneratedClient_LogsIn_CallsAService_Refreshes_LogsOut_AndIsRefused()
    {
        ContractClient.AuthResponse first = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        Assert.InRange(first.ExpiresIn, 300 - 15 - 30, 300);
        Assert.Equal(DemoGateway.Learner, first.User.Email);
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/lessons?page=2", first.AccessToken));
        ContractClient.User me = await Client.MeAsync(first.AccessToken);
        Assert.Equal(first.User.Id, me.Id);
        Assert.NotNull(me.LastLoginAt);

        ContractClient.AuthResponse second = await Client.RefreshAsync(first);
        Assert.NotEqual(first.RefreshToken, second.RefreshToken);
        Assert.NotEqual(first.AccessToken, second.AccessToken);
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/lessons", second.AccessToken));

        await Client.LogoutAsync(second.AccessToken);
        foreach (string token in new[] { first.AccessToken, second.AccessToken })
        {
            using HttpResponseMessage refused = await Client.GetAsync("/demo/lessons", token);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Equal("invalid_token", (await ContractClient.ErrorAsync(refused)).Code);
            Assert.Equal(HttpStatusCode.Unauthorized, await Client.StatusAsync("/auth/v1/me", token));
        }

        ContractClient.UnexpectedAnswerException gone = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => Client.RefreshAsync(second));
        Assert.Equal(HttpStatusCode.Unauthorized, gone.Status);
    }

    [Fact]
    public async Task Service_ReceivesWhoCalls_AndNotTheToken()
    {
        ContractClient.AuthResponse pair = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        using HttpResponseMessage answer = await Client.GetAsync("/demo/a/b?c=d", pair.AccessToken);
        using JsonDocument echo = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        JsonElement headers = echo.RootElement.GetProperty("headers");
        Assert.Equal("GET", echo.RootElement.GetProperty("method").GetString());
        Assert.Equal("/demo/a/b", echo.RootElement.GetProperty("path").GetString());
        Assert.Equal("?c=d", echo.RootElement.GetProperty("query").GetString());
        Dictionary<string, string> received = headers.EnumerateObject().ToDictionary(header => header.Name, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(pair.User.Id.ToString(), received["X-User-Id"]);
        Assert.Equal(pair.User.TenantId.ToString(), received["X-Tenant-Id"]);
        Assert.Equal("learner", received["X-User-Role"]);
        Assert.Equal(24, received["X-Session-Id"].Length);

        // A token of the gateway's own, and never the caller's.
        string bearer = received["Authorization"].Split(' ')[1];
        Assert.NotEqual(pair.AccessToken, bearer);
        Assert.Equal("internal+jwt", new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(bearer).Typ);
        Assert.Equal(HttpStatusCode.Unauthorized, await Client.StatusAsync("/auth/v1/me", bearer));
    }

    [Fact]
    public async Task AnonymousRoute_IsForwardedWithoutAToken_AndWithoutForgedIdentity()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/public/page");
        request.Headers.Add("X-User-Id", "forged");
        request.Headers.Add("x_user_role", "super_admin");
        using HttpResponseMessage answer = await demo.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        string echo = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("forged", echo, StringComparison.Ordinal);
        Assert.DoesNotContain("super_admin", echo, StringComparison.Ordinal);
    }

    /// <summary>SR-42: a client whose answer was lost, or a second tab, gets the pair that the first one got.</summary>
    [Fact]
    public async Task RotatedRefreshToken_GivesTheSamePairAgain_AndTheLiveOneStaysGood()
    {
        ContractClient.AuthResponse first = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse second = await Client.RefreshAsync(first);
        ContractClient.AuthResponse again = await Client.RefreshAsync(second.AccessToken, first.RefreshToken);
        Assert.Equal(second.RefreshToken, again.RefreshToken);
        Assert.Equal(second.AccessToken.Split('.')[1], again.AccessToken.Split('.')[1]);
        ContractClient.AuthResponse third = await Client.RefreshAsync(again);
        Assert.NotEqual(second.RefreshToken, third.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", third.AccessToken));
    }

    [Fact]
    public async Task RefreshWithTheBearerOfAnotherSession_IsRefused_AndChangesNothing()
    {
        ContractClient.AuthResponse mine = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse other = await Client.LoginAsync("admin@example.com", DemoGateway.Password);
        var refused = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => Client.RefreshAsync(other.AccessToken, mine.RefreshToken));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
        Assert.Contains("\"invalid_token\"", refused.Body, StringComparison.Ordinal);
        await Client.RefreshAsync(mine);
        await Client.RefreshAsync(other);
    }

    [Fact]
    public async Task LoggingOutTwice_IsNoError()
    {
        ContractClient.AuthResponse pair = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        await Client.LogoutAsync(pair.AccessToken);
        await Client.LogoutAsync(pair.AccessToken);
    }

    [Fact]
    public async Task LogoutOfOneSession_LeavesTheUsersOtherSessionAlive()
    {
        ContractClient.AuthResponse phone = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse laptop = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        await Client.LogoutAsync(phone.AccessToken);
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", laptop.AccessToken));
        await Client.RefreshAsync(laptop);
    }
}
