using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Every wrong body is 422 in the contract's shape, over a real socket; never a 4xx that clients do not know, never a 500.</summary>
public sealed class BadBodyTests(DemoGateway demo) : IClassFixture<DemoGateway>
{
    private const string GoodLogin = """{"email":"learner@example.com","password":"correct horse battery staple"}""";

    [Fact]
    public async Task Login_RefusesEveryWrongBody()
    {
        List<BadBody> bodies =
        [
            .. BadBodies.OfAnyEndpoint(GoodLogin),
            .. BadBodies.OfMember("email", value => value is null ? """{"password":"long enough"}""" : $$"""{"email":{{value}},"password":"long enough"}"""),
            .. BadBodies.OfMember("password", value => value is null ? """{"email":"learner@example.com"}""" : $$"""{"email":"learner@example.com","password":{{value}}}"""),
            .. Emails().Select(email => new BadBody($"email {email}", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { email, password = "long enough" })), "application/json", "email")),
            .. Passwords().Select(password => new BadBody($"password of {password.Length}", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { email = DemoGateway.Learner, password })), "application/json", "password")),
        ];
        Assert.True(bodies.Count >= 60, $"{bodies.Count} bodies");
        foreach (BadBody body in bodies)
        {
            await AssertRefusedAsync("/auth/v1/login", null, body);
        }

        await demo.Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
    }

    [Fact]
    public async Task Refresh_RefusesEveryWrongBody_AndTheTokenStaysGood()
    {
        ContractClient.AuthResponse pair = await demo.Client.LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        string good = JsonSerializer.Serialize(new { refreshToken = pair.RefreshToken });
        List<BadBody> bodies =
        [
            .. BadBodies.OfAnyEndpoint(good),
            .. BadBodies.OfMember("refreshToken", value => value is null ? "{}" : $$"""{"refreshToken":{{value}}}"""),
        ];
        Assert.True(bodies.Count >= 60, $"{bodies.Count} bodies");
        foreach (BadBody body in bodies)
        {
            await AssertRefusedAsync("/auth/v1/refresh", pair.AccessToken, body);
        }

        await demo.Client.RefreshAsync(pair);
    }

    [Fact]
    public async Task CompressedBody_IsRefused()
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(GoodLogin));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using HttpResponseMessage answer = await demo.Http.PostAsync("/auth/v1/login", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task UnknownMembers_AreIgnored()
    {
        using var content = new StringContent("""{"email":"learner@example.com","device":{"os":"x"},"password":"correct horse battery staple"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await demo.Http.PostAsync("/auth/v1/login", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task AssertRefusedAsync(string path, string? accessToken, BadBody body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body.Bytes) };
        if (body.ContentType is { Length: > 0 })
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", body.ContentType);
        }

        if (accessToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        }

        using HttpResponseMessage answer = await demo.Http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.UnprocessableEntity, $"{body.Name}: {(int)answer.StatusCode} {text}");
        Assert.Equal("validation_failed", (await ContractClient.ErrorAsync(answer)).Code);
        using JsonDocument document = JsonDocument.Parse(text);
        List<ContractClient.Fault> faults = document.RootElement.GetProperty("validationErrors").Deserialize<List<ContractClient.Fault>>(ContractClient.Strict)!;
        Assert.True(faults.Any(fault => fault.Field == body.Field), $"{body.Name}: {text}");
    }

    private static IEnumerable<string> Emails() =>
        ["", " ", "learner", "@example.com", "learner@", "learner@@example.com", " learner@example.com", "learner@example.com ", "learner@example..com", "learner@.com",
         "learner@example.com\n", "learner@example.com\0", "l\u0435arner@example.com", "learner@ex\u0430mple.com", "learner@example.com\u3002", "lear\u200Bner@example.com",
         "learner@exa mple.com", "a,b@example.com", "<learner@example.com>", $"{new string('a', 300)}@example.com"];

    private static IEnumerable<string> Passwords() => ["", "short", "1234567", new string('x', 1025), new string('\u00e9', 513), "\U0001F600\U0001F600\U0001F600"];
}
