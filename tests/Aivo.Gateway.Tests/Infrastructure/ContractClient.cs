using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// A client as a generator makes it from the contract: strict models. A missing member, a null where none may be, a wrong type or an
/// unknown enum value fails to read, and a status that the contract does not list is an exception.
/// </summary>
internal sealed class ContractClient(HttpClient http)
{
    public static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    public enum Role { SuperAdmin, TenantAdmin, Instructor, Learner }

    public enum Status { Active, Inactive, Pending, Suspended }

    public sealed record User(
        Guid Id, string Email, string FirstName, string LastName, Role Role, Guid TenantId, Status Status,
        DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
    {
        public Uri? Avatar { get; init; }
        public DateTimeOffset? LastLoginAt { get; init; }
    }

    public sealed record AuthResponse(string AccessToken, string RefreshToken, User User, int ExpiresIn);

    public sealed record Error(string Code, string Message, JsonElement Details)
    {
        [JsonPropertyName("error")]
        public string Code { get; init; } = Code;
    }

    /// <summary>Beyond the contract: one entry of the list of sessions.</summary>
    public sealed record Session(
        string Id, string? DeviceName, string? Address, string? UserAgent, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, bool Current);

    public sealed record SessionList(IReadOnlyList<Session> Sessions);

    public sealed record Fault(string Field, string Message);

    public sealed class UnexpectedAnswerException(HttpStatusCode status, string body) : Exception($"{(int)status}: {body}")
    {
        public HttpStatusCode Status => status;

        public string Body => body;
    }

    public async Task<AuthResponse> LoginAsync(string email, string password) =>
        Noted(await ReadAsync<AuthResponse>(await SendAsync(HttpMethod.Post, "/auth/v1/login", null, new { email, password = SecretLedger.Note(password) }), HttpStatusCode.OK));

    public async Task<AuthResponse> RefreshAsync(AuthResponse pair) => await RefreshAsync(pair.AccessToken, pair.RefreshToken);

    public async Task<AuthResponse> RefreshAsync(string accessToken, string refreshToken) =>
        Noted(await ReadAsync<AuthResponse>(await SendAsync(HttpMethod.Post, "/auth/v1/refresh", accessToken, new { refreshToken }), HttpStatusCode.OK));

    public async Task<AuthResponse> LoginAsync(string email, string password, string deviceName) => Noted(await ReadAsync<AuthResponse>(
        await SendAsync(HttpMethod.Post, "/auth/v1/login", null, new { email, password = SecretLedger.Note(password), deviceName }), HttpStatusCode.OK));

    public async Task<IReadOnlyList<Session>> SessionsAsync(string accessToken) =>
        (await ReadAsync<SessionList>(await SendAsync(HttpMethod.Get, "/auth/v1/sessions", accessToken, null), HttpStatusCode.OK)).Sessions;

    public Task LogoutAsync(string accessToken) => ExpectNothingAsync(HttpMethod.Post, "/auth/v1/logout", accessToken);

    public Task LogoutAsync(string accessToken, string scope) => ExpectNothingAsync(HttpMethod.Post, "/auth/v1/logout?scope=" + scope, accessToken);

    public Task EndSessionAsync(string accessToken, string id) => ExpectNothingAsync(HttpMethod.Delete, "/auth/v1/sessions/" + id, accessToken);

    private async Task ExpectNothingAsync(HttpMethod method, string path, string accessToken)
    {
        using HttpResponseMessage answer = await SendAsync(method, path, accessToken, null);
        string body = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode != HttpStatusCode.NoContent)
        {
            throw new UnexpectedAnswerException(answer.StatusCode, body);
        }

        Assert.Empty(body);
    }

    public async Task<User> MeAsync(string accessToken) => await ReadAsync<User>(await SendAsync(HttpMethod.Get, "/auth/v1/me", accessToken, null), HttpStatusCode.OK);

    public async Task<HttpResponseMessage> GetAsync(string path, string? accessToken) => await SendAsync(HttpMethod.Get, path, accessToken, null);

    /// <summary>The status of a GET, where nothing else matters.</summary>
    public async Task<HttpStatusCode> StatusAsync(string path, string? accessToken)
    {
        using HttpResponseMessage answer = await GetAsync(path, accessToken);
        return answer.StatusCode;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? accessToken, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (accessToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        }

        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        return await http.SendAsync(request);
    }

    /// <summary>Reads a refusal strictly and returns its code.</summary>
    public static async Task<Error> ErrorAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.True(answer.Headers.CacheControl?.NoStore);
        string body = await answer.Content.ReadAsStringAsync();
        Error error = JsonSerializer.Deserialize<Error>(body, Strict)!;
        Assert.Equal(32, error.Details.GetProperty("traceId").GetString()!.Length);
        return error;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, HttpStatusCode expected)
    {
        using (answer)
        {
            string body = await answer.Content.ReadAsStringAsync();
            return answer.StatusCode == expected ? JsonSerializer.Deserialize<T>(body, Strict)! : throw new UnexpectedAnswerException(answer.StatusCode, body);
        }
    }

    private static AuthResponse Noted(AuthResponse pair)
    {
        SecretLedger.Note(pair.AccessToken);
        SecretLedger.Note(pair.RefreshToken);
        return pair;
    }
}
