using System.Globalization;
using System.Net.Http.Json;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>
/// The limits on failed log-ins, over real sockets. The gateway believes the test's <c>X-Forwarded-For</c>, so that each test has
/// addresses of its own. Only the learner ever fails to log in.
/// </summary>
public sealed class ThrottleTests(ThrottledGateway throttled) : IClassFixture<ThrottledGateway>
{
    private const string Admin = "admin@example.com";
    private const string Wrong = "not the password";

    [Fact]
    public async Task FailuresOnAnAccount_AreLimited_AndTheAnswersDoNotTellWhetherItExists()
    {
        string[] accounts = [DemoGateway.Learner, "nobody@example.com"];
        for (int attempt = 1; attempt <= ThrottledGateway.AccountAttempts + 2; attempt++)
        {
            var answers = new List<string>();
            foreach (string account in accounts)
            {
                // Addresses that no limit reaches: the account alone is limited here.
                using HttpResponseMessage answer = await LoginAsync(account, Wrong, $"192.0.2.{attempt}");
                answers.Add(await ComparableAnswer.ReadAsync(answer));
                Assert.Equal(attempt <= ThrottledGateway.AccountAttempts ? "invalid_credentials" : "too_many_attempts", (await ContractClient.ErrorAsync(answer)).Code);
            }

            Assert.Equal(answers[0], answers[1]);
        }

        using HttpResponseMessage right = await LoginAsync(DemoGateway.Learner, DemoGateway.Password, "192.0.2.99");
        Assert.Equal(HttpStatusCode.TooManyRequests, right.StatusCode);
        Assert.InRange(Number(right, "Retry-After"), 1, 300);
        Assert.Equal(ThrottledGateway.AccountAttempts, Number(right, "RateLimit-Limit"));
        Assert.Equal(0, Number(right, "RateLimit-Remaining"));
        Assert.InRange(Number(right, "RateLimit-Reset"), 1, 300);

        using HttpResponseMessage other = await LoginAsync(Admin, DemoGateway.Password, "192.0.2.99");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Theory]
    [InlineData("198.51.100.1", "198.51.100.1", "198.51.100.2")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")]
    public async Task FailuresFromOneAddress_AreLimited_OverManyAccounts(string attacker, string neighbour, string other)
    {
        for (int attempt = 0; attempt < ThrottledGateway.AddressAttempts; attempt++)
        {
            using HttpResponseMessage answer = await LoginAsync($"sprayed-{attempt}-{attacker.Length}@example.com", Wrong, attacker);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        using HttpResponseMessage limited = await LoginAsync(Admin, DemoGateway.Password, neighbour);
        Assert.Equal(HttpStatusCode.TooManyRequests, limited.StatusCode);
        Assert.Equal(ThrottledGateway.AddressAttempts, Number(limited, "RateLimit-Limit"));
        using HttpResponseMessage free = await LoginAsync(Admin, DemoGateway.Password, other);
        Assert.Equal(HttpStatusCode.OK, free.StatusCode);
    }

    [Fact]
    public async Task Successes_AreNotCounted()
    {
        for (int attempt = 0; attempt <= ThrottledGateway.AddressAttempts; attempt++)
        {
            using HttpResponseMessage answer = await LoginAsync(Admin, DemoGateway.Password, "203.0.113.1");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task BodiesThatAreNoLogin_AreNotCounted()
    {
        for (int attempt = 0; attempt <= ThrottledGateway.AddressAttempts; attempt++)
        {
            using HttpResponseMessage answer = await LoginAsync(Admin, "short", "203.0.113.2");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        }

        using HttpResponseMessage right = await LoginAsync(Admin, DemoGateway.Password, "203.0.113.2");
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    private async Task<HttpResponseMessage> LoginAsync(string email, string password, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/v1/login") { Content = JsonContent.Create(new { email, password = SecretLedger.Note(password) }) };
        request.Headers.Add("X-Forwarded-For", address);
        return await throttled.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static int Number(HttpResponseMessage answer, string header) =>
        int.Parse(Assert.Single(answer.Headers.GetValues(header)), NumberStyles.None, CultureInfo.InvariantCulture);
}
