using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>The <c>users</c> command on the data directory of a running gateway: what it does counts at once.</summary>
public sealed class UserAdministrationTests : IDisposable
{
    private const string Tenant = "0197a2d4-0000-7000-8000-000000000001";
    private const string Email = "lee@example.com";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AddedUser_LogsIn_AndAfterSetPasswordOnlyWithTheNewOne()
    {
        await using GatewayProcess gateway = await StartAsync();
        using var http = new HttpClient { BaseAddress = gateway.Address };
        var client = new ContractClient(http);
        const string first = "first secret of Lee", second = "second secret of Lee";
        await UsersAsync(first + "\n", Add(Email));
        ContractClient.AuthResponse pair = await client.LoginAsync(Email, first);
        Assert.Equal((Email, ContractClient.Role.Instructor, Guid.Parse(Tenant)), (pair.User.Email, pair.User.Role, pair.User.TenantId));
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/demo/x", pair.AccessToken));

        await UsersAsync(second + "\n", "set-password", Email);
        var refused = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => client.LoginAsync(Email, first));
        Assert.Contains("\"invalid_credentials\"", refused.Body, StringComparison.Ordinal);
        await client.LoginAsync(Email, second);
    }

    [Fact]
    public async Task DisabledUser_CannotLogIn_AndItsSessionEndsAtTheNextRefresh()
    {
        await using GatewayProcess gateway = await StartAsync();
        using var http = new HttpClient { BaseAddress = gateway.Address };
        var client = new ContractClient(http);
        const string password = "a secret of Lee's own";
        await UsersAsync(password + "\n", Add(Email));
        ContractClient.AuthResponse pair = await client.LoginAsync(Email, password);

        await UsersAsync("", "disable", Email);
        var login = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => client.LoginAsync(Email, password));
        Assert.Contains("\"invalid_credentials\"", login.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/auth/v1/me", pair.AccessToken));
        var refresh = await Assert.ThrowsAsync<ContractClient.UnexpectedAnswerException>(() => client.RefreshAsync(pair));
        Assert.Contains("\"invalid_refresh_token\"", refresh.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync("/demo/x", pair.AccessToken));
    }

    [Fact]
    public async Task PasswordAsAnArgument_IsAUsageError()
    {
        (int exit, _, string error) = await GatewayProcess.RunAsync(["users", .. Add(Email), "--password", "typed where everyone reads"], "", Environment());
        Assert.Equal(2, exit);
        Assert.Contains("--password", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task CommandsAndGateway_OpenAnEmptyDirectoryAtOnce()
    {
        Task<GatewayProcess> starting = StartAsync();
        await Task.WhenAll(UsersAsync("secret of the first\n", Add("first@example.com")), UsersAsync("secret of the second\n", Add("second@example.com")));
        await using GatewayProcess gateway = await starting;
        string list = await UsersAsync("", "list");
        foreach (string email in new[] { "first@example.com", "second@example.com", DemoGateway.Learner, "admin@example.com" })
        {
            Assert.Single(list.Split('\n'), line => line.Contains(email, StringComparison.Ordinal));
        }

        using var http = new HttpClient { BaseAddress = gateway.Address };
        await new ContractClient(http).LoginAsync("first@example.com", "secret of the first");
        await new ContractClient(http).LoginAsync("second@example.com", "secret of the second");
    }

    private static string[] Add(string email) =>
        ["add", email, "--role", "instructor", "--tenant", Tenant, "--first-name", "Lee", "--last-name", "O'Hara"];

    private Task<GatewayProcess> StartAsync() => GatewayProcess.StartAsync(("Gateway:DataDirectory", _directory.Path));

    private (string, string)[] Environment() => [("DOTNET_ENVIRONMENT", "Development"), ("Gateway:DataDirectory", _directory.Path)];

    /// <summary>Runs a command that must succeed; what it prints must not hold the password that it read.</summary>
    private async Task<string> UsersAsync(string input, params string[] arguments)
    {
        SecretLedger.Note(input.TrimEnd('\n'));
        (int exit, string output, string error) = await GatewayProcess.RunAsync(["users", .. arguments], input, Environment());
        Assert.True(exit == 0, output + error);
        SecretLedger.AssertNoneIn([output, error]);
        return output;
    }
}
