using System.Text;
using System.Text.Json;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>A user looks at its sessions and ends one, over real sockets, on embedded defaults.</summary>
public sealed class SessionListTests(DemoGateway demo) : IClassFixture<DemoGateway>
{
    private const string Admin = "admin@example.com";

    private ContractClient Client => demo.Client;

    [Fact]
    public async Task List_ShowsMySessions_TheNewestFirst_AndWhichOneThisIs()
    {
        await EndEverythingOfAsync(DemoGateway.Learner);
        ContractClient.AuthResponse other = await Client.LoginAsync(Admin, DemoGateway.Password);
        ContractClient.AuthResponse plain = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse named = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password, "Léa's tablet 📱");
        ContractClient.AuthResponse renewed = await Client.RefreshAsync(plain);

        IReadOnlyList<ContractClient.Session> sessions = await Client.SessionsAsync(renewed.AccessToken);
        Assert.Equal([SessionOf(named), SessionOf(plain)], sessions.Select(session => session.Id));
        Assert.Equal(["Léa's tablet 📱", null], sessions.Select(session => session.DeviceName));
        Assert.Equal([false, true], sessions.Select(session => session.Current));
        Assert.All(sessions, session => Assert.Equal(("127.0.0.1", ""), (session.Address, session.UserAgent ?? "")));
        Assert.True(sessions[1].LastUsedAt > sessions[1].CreatedAt);
        Assert.Equal(sessions[0].CreatedAt, sessions[0].LastUsedAt);
        Assert.Equal([SessionOf(other)], (await Client.SessionsAsync(other.AccessToken)).Where(session => session.Current).Select(session => session.Id));

        using HttpResponseMessage answer = await Client.GetAsync("/auth/v1/sessions", renewed.AccessToken);
        Assert.True(answer.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task SessionEndedFromTheList_IsRefused_AndTheOtherGoesOn()
    {
        ContractClient.AuthResponse mine = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse lost = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        for (int i = 0; i < 3; i++)
        {
            await Client.EndSessionAsync(mine.AccessToken, SessionOf(lost));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await Client.StatusAsync("/demo/x", lost.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await Client.StatusAsync("/auth/v1/sessions", lost.AccessToken));
        await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => Client.RefreshAsync(lost));
        Assert.DoesNotContain(await Client.SessionsAsync(mine.AccessToken), session => session.Id == SessionOf(lost));
        Assert.Contains("\"removed\"", await demo.Gateway.LogLineAsync($"\"SessionId\":\"{SessionOf(lost)}\",\"UserId\":\"{lost.User.Id}\",\"Address\""), StringComparison.Ordinal);
        await Client.RefreshAsync(mine);
    }

    [Fact]
    public async Task OwnSession_CanBeEndedFromTheList_AndThenNothingMore()
    {
        ContractClient.AuthResponse mine = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse other = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        await Client.EndSessionAsync(mine.AccessToken, SessionOf(mine));

        Assert.Equal(HttpStatusCode.Unauthorized, await DeleteAsync(mine.AccessToken, SessionOf(other)));
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", other.AccessToken));
    }

    [Fact]
    public async Task AnotherUsersSession_AndEveryBadId_IsNotFound_AndEndsNothing()
    {
        ContractClient.AuthResponse mine = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        ContractClient.AuthResponse foreign = await Client.LoginAsync(Admin, DemoGateway.Password);
        string own = SessionOf(mine);
        string[] ids =
        [
            SessionOf(foreign), new('A', 24), own[..23], own + "A", own + "=", own[..23] + "+", own[..23] + "%21", own[..23] + "%20", "%20" + own,
            own[..23] + "%C3%A9", "x", "0", "null", "*", new('A', 4000), mine.User.Id.ToString(), own.ToUpperInvariant() + "A",
        ];
        foreach (string id in ids)
        {
            using HttpResponseMessage answer = await Client.SendAsync(HttpMethod.Delete, "/auth/v1/sessions/" + id, mine.AccessToken, null);
            Assert.True(answer.StatusCode == HttpStatusCode.NotFound, $"{id}: {answer.StatusCode}");
            Assert.Equal("not_found", (await ContractClient.ErrorAsync(answer)).Code);
        }

        foreach (string id in new[] { own + "%2f", "..%2f" + own, own + "%5c", own + ";x", own + "%00", "%252e%252e" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, await DeleteAsync(mine.AccessToken, id));
        }

        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", foreign.AccessToken));
        Assert.Equal(HttpStatusCode.OK, await Client.StatusAsync("/demo/x", mine.AccessToken));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("17")]
    [InlineData("[\"a\"]")]
    [InlineData("{\"name\":\"a\"}")]
    [InlineData("\"line\\nbreak\"")]
    [InlineData("\"bell\\u0007\"")]
    [InlineData("\"del\\u007f\"")]
    [InlineData("\"c1\\u0085\"")]
    [InlineData("\"half \\ud83d\"")]
    [InlineData("129")]
    public async Task DeviceNameThatIsNone_Is422(string value)
    {
        string text = value == "129" ? $"\"{new string('n', 129)}\"" : value;
        using var content = new StringContent($$"""{"email":"{{DemoGateway.Learner}}","password":"{{DemoGateway.Password}}","deviceName":{{text}}}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await demo.Http.PostAsync("/auth/v1/login", content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("deviceName", body.RootElement.GetProperty("validationErrors")[0].GetProperty("field").GetString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    public async Task DeviceNameAtItsBounds_IsKept(int length)
    {
        string name = new('n', length);
        ContractClient.AuthResponse pair = await Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password, name);
        Assert.Equal(name, (await Client.SessionsAsync(pair.AccessToken)).Single(session => session.Current).DeviceName);
    }

    internal static string SessionOf(ContractClient.AuthResponse pair)
    {
        string payload = pair.AccessToken.Split('.')[1];
        using JsonDocument claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
        return claims.RootElement.GetProperty("sid").GetString()!;
    }

    private async Task EndEverythingOfAsync(string email) => await Client.LogoutAsync((await Client.LoginAsync(email, DemoGateway.Password)).AccessToken, "all");

    private async Task<HttpStatusCode> DeleteAsync(string accessToken, string id)
    {
        using HttpResponseMessage answer = await Client.SendAsync(HttpMethod.Delete, "/auth/v1/sessions/" + id, accessToken, null);
        return answer.StatusCode;
    }
}
