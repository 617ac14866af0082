using System.Globalization;
using System.Net.Http.Headers;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Rate limits of routes, over real sockets. Each test has addresses, sessions or header values of its own.</summary>
public sealed class RateLimitTests(LimitedGateway limited) : IClassFixture<LimitedGateway>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_SayWhatIsLeft_AndTheRefusalWhenToComeBack()
    {
        for (int remaining = 2; remaining >= 0; remaining--)
        {
            using HttpResponseMessage passed = await GetAsync("/address/x", "192.0.2.1");
            Assert.Equal((HttpStatusCode.OK, 3, remaining), (passed.StatusCode, Number(passed, "RateLimit-Limit"), Number(passed, "RateLimit-Remaining")));
            Assert.InRange(Number(passed, "RateLimit-Reset"), 3500, 3600);
        }

        using HttpResponseMessage refused = await GetAsync("/address/x", "192.0.2.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("rate_limited", (await ContractClient.ErrorAsync(refused)).Code);
        Assert.Equal((3, 0), (Number(refused, "RateLimit-Limit"), Number(refused, "RateLimit-Remaining")));
        Assert.InRange(Number(refused, "Retry-After"), 3500, 3600);
        Assert.Equal(Number(refused, "RateLimit-Reset"), Number(refused, "Retry-After"));
        Assert.Equal(3, limited.Destination.Received.Count(request => request.Target == "/address/x"));
    }

    [Theory]
    [InlineData("198.51.100.1", "198.51.100.1", "198.51.100.2")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")]
    public async Task Addresses_AreCountedByNetwork(string first, string same, string other)
    {
        Assert.Equal("+++-", await PassedAsync("/address/y", 4, first));
        Assert.Equal("-", await PassedAsync("/address/y", 1, same));
        Assert.Equal("+", await PassedAsync("/address/y", 1, other));
    }

    [Fact]
    public async Task Users_AreCountedOverTheirSessions()
    {
        string first = await LoginAsync(DemoGateway.Learner), second = await LoginAsync(DemoGateway.Learner), other = await LoginAsync("admin@example.com");
        Assert.Equal("++", await PassedAsync("/user/x", 2, token: first));
        Assert.Equal("+-", await PassedAsync("/user/x", 2, token: second));
        Assert.Equal("+", await PassedAsync("/user/x", 1, token: other));
    }

    [Fact]
    public async Task Tenants_AreCountedOverTheirUsers()
    {
        string learner = await LoginAsync(DemoGateway.Learner), admin = await LoginAsync("admin@example.com");
        Assert.Equal("++", await PassedAsync("/tenant/x", 2, token: learner));
        Assert.Equal("+-", await PassedAsync("/tenant/x", 2, token: admin));
    }

    [Fact]
    public async Task Sessions_AreCountedApart()
    {
        string first = await LoginAsync(DemoGateway.Learner), second = await LoginAsync(DemoGateway.Learner);
        Assert.Equal("+++-", await PassedAsync("/session/x", 4, token: first));
        Assert.Equal("+++-", await PassedAsync("/session/x", 4, token: second));
    }

    [Fact]
    public async Task Routes_AreCountedForEverybody_EachForItself()
    {
        Assert.Equal("++", await PassedAsync("/route-a/x", 2, "203.0.113.1"));
        Assert.Equal("+-", await PassedAsync("/route-a/x", 2, "203.0.113.2"));
        Assert.Equal("+++-", await PassedAsync("/route-b/x", 4, "203.0.113.1"));
    }

    [Fact]
    public async Task HeaderValues_AreCountedApart_AndAllRequestsWithoutOneTogether()
    {
        Assert.Equal("+++-", await PassedAsync("/key/x", 4, key: "a"));
        Assert.Equal("+++-", await PassedAsync("/key/x", 4, key: "b"));
        Assert.Equal("++", await PassedAsync("/key/x", 2, "203.0.113.3"));
        Assert.Equal("+-", await PassedAsync("/key/x", 2, "203.0.113.4"));
    }

    [Fact]
    public async Task SeveralWindows_LimitAtOnce()
    {
        const string Address = "203.0.113.5";
        Assert.Equal("++", await PassedAsync("/burst/x", 2, Address));
        await Eventually.TrueAsync(async () => await PassedAsync("/burst/x", 1, Address) == "+", () => "the short window did not end");
        using HttpResponseMessage refused = await GetAsync("/burst/x", Address);
        Assert.Equal((HttpStatusCode.TooManyRequests, 3), (refused.StatusCode, Number(refused, "RateLimit-Limit")));
        Assert.InRange(Number(refused, "Retry-After"), 3500, 3600);
    }

    [Fact]
    public async Task SeveralLimits_AnswerWithTheTightest()
    {
        string token = await LoginAsync("admin@example.com");
        using HttpResponseMessage passed = await GetAsync("/both/x", "203.0.113.6", token);
        Assert.Equal((HttpStatusCode.OK, 3), (passed.StatusCode, Number(passed, "RateLimit-Limit")));
        await PassedAsync("/both/x", 3, "203.0.113.6", token);
        using HttpResponseMessage refused = await GetAsync("/both/x", "203.0.113.6", token);
        Assert.Equal((HttpStatusCode.TooManyRequests, 3), (refused.StatusCode, Number(refused, "RateLimit-Limit")));

        // Whoever is not let in is told of the limit that was asked before.
        using HttpResponseMessage stranger = await GetAsync("/both/x", "203.0.113.7");
        Assert.Equal((HttpStatusCode.Unauthorized, 100, 99), (stranger.StatusCode, Number(stranger, "RateLimit-Limit"), Number(stranger, "RateLimit-Remaining")));
    }

    [Fact]
    public async Task FloodOfJunkTokens_IsRefusedBeforeTheyAreLookedAt()
    {
        var statuses = new List<HttpStatusCode>();
        for (int request = 0; request < 5; request++)
        {
            using HttpResponseMessage answer = await GetAsync("/guarded/x", "203.0.113.8", "junk");
            statuses.Add(answer.StatusCode);
        }

        HttpStatusCode[] expected = [.. Enumerable.Repeat(HttpStatusCode.Unauthorized, 3), HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests];
        Assert.Equal(expected, statuses);
    }

    [Fact]
    public async Task Metrics_NameTheLimit_AndNobody()
    {
        await PassedAsync("/address/z", 4, "192.0.2.77");
        using var management = new HttpClient { BaseAddress = limited.Gateway.Management };
        string metrics = await management.GetStringAsync("/metrics", Cancellation);
        Assert.Matches("""aivo_gateway_rate_limits_requests_total\{[^}]*limit="address",outcome="allowed"\} \d""", metrics);
        Assert.Matches("""aivo_gateway_rate_limits_requests_total\{[^}]*limit="address",outcome="refused"\} \d""", metrics);
        Assert.Matches("""aivo_gateway_rate_limits_subjects\{[^}]*limit="address"\} \d""", metrics);
        Assert.DoesNotContain("192.0.2.77", metrics, StringComparison.Ordinal);
    }

    private async Task<string> LoginAsync(string email) =>
        (await new ContractClient(limited.Http).LoginAsync(email, DemoGateway.Password)).AccessToken;

    /// <summary>+ for each request that passed, - for each that was refused by a limit.</summary>
    private async Task<string> PassedAsync(string path, int requests, string address = "192.0.2.200", string? token = null, string? key = null)
    {
        string passed = "";
        for (int request = 0; request < requests; request++)
        {
            using HttpResponseMessage answer = await GetAsync(path, address, token, key);
            passed += answer.StatusCode switch
            {
                HttpStatusCode.OK => "+",
                HttpStatusCode.TooManyRequests => "-",
                _ => $" {(int)answer.StatusCode} ",
            };
        }

        return passed;
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string address, string? token = null, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Forwarded-For", address);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }

        return await limited.Http.SendAsync(request, Cancellation);
    }

    private static int Number(HttpResponseMessage answer, string header) =>
        int.Parse(Assert.Single(answer.Headers.GetValues(header)), NumberStyles.None, CultureInfo.InvariantCulture);
}
