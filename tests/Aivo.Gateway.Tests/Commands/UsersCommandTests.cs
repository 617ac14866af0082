using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using System.Text.Json;
using Aivo.Gateway.Commands;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tests.Users;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Tests.Commands;

public sealed class UsersCommandTests : IDisposable
{
    private const string Tenant = "0197a2d4-0000-7000-8000-000000000001";
    private readonly UserFile _file = new();
    private int _opened;
    private int? _sessions;

    [Fact]
    public async Task Add_MakesAUserWhoCanLogIn()
    {
        string json = Path.Combine(Directory.CreateDirectory(_file.FolderPath).FullName, "attributes.json");
        await File.WriteAllTextAsync(json, """{"grade":4,"scope":"read"}""", TestContext.Current.CancellationToken);
        (int code, string output, string error) = await RunAsync(
            UserFile.Password + "\nnot read\n",
            [.. AddLine("Lee@Example.com"), "--attribute", "learnerUid=l=1", "--attribute", "scope=write", "--attributes-json", json]);

        Assert.Equal((0, ""), (code, error));
        SqliteUserDirectory directory = await _file.OpenAsync();
        User? user = await directory.VerifyAsync("lee@example.com", UserFile.Password, TestContext.Current.CancellationToken);
        Assert.NotNull(user);
        Assert.Equal($"Added lee@example.com with the id {user.Id}.\n", output);
        Assert.Equal((UserRole.Instructor, UserStatus.Active, Tenant, "Lee", "O'Hara"), (user.Role, user.Status, user.Tenant.ToString(), user.FirstName, user.LastName));
        Assert.Equal("""{"grade":4,"scope":"write","learnerUid":"l=1"}""", UserAttributes.ToText(user.Attributes));
    }

    [Theory]
    [InlineData(" padded password ")]
    [InlineData("p\u00E4ssw\u00F6rd \uD83D\uDE00")]
    [InlineData("tab\tand\0nul")]
    public async Task Password_IsTheFirstLineExactlyAsItStands(string password)
    {
        Assert.Equal(0, (await RunAsync(password + "\n", AddLine("lee@example.com"))).Code);
        SqliteUserDirectory directory = await _file.OpenAsync();
        Assert.NotNull(await directory.VerifyAsync("lee@example.com", password, TestContext.Current.CancellationToken));
        Assert.Null(await directory.VerifyAsync("lee@example.com", password.Trim() + "x", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("", "no password")]
    [InlineData("\nsecond line\n", "no password")]
    [InlineData("1234567\n", "at least 8")]
    public async Task BadPassword_IsRefusedWithWhatToDo(string input, string message)
    {
        (int code, string output, string error) = await RunAsync(input, AddLine("lee@example.com"));
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Empty(await (await _file.OpenAsync()).ListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task PasswordThatIsNotUtf8OrTooLong_IsRefused()
    {
        using var latin = new StreamReader(new MemoryStream([(byte)'p', 0xE4, (byte)'s', (byte)'s', (byte)'\n']), new UTF8Encoding(false, true));
        (int code, _, string error) = await RunAsync(latin, null, AddLine("lee@example.com"));
        Assert.Equal(1, code);
        Assert.Contains("not UTF-8", error, StringComparison.Ordinal);

        (code, _, error) = await RunAsync(new string('a', 1025), AddLine("lee@example.com"));
        Assert.Equal(1, code);
        Assert.Contains("at most 1024 bytes", error, StringComparison.Ordinal);

        (code, _, error) = await RunAsync("half\uD800pair", AddLine("lee@example.com"));
        Assert.Equal(1, code);
        Assert.Contains("not valid Unicode", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnATerminal_ThePasswordIsAskedForTwice()
    {
        var asked = new List<string>();
        var answers = new Queue<string>([UserFile.Password, UserFile.Password + "x", UserFile.Password, UserFile.Password]);
        string? Prompt(string text)
        {
            asked.Add(text);
            return answers.Dequeue();
        }

        (int code, _, string error) = await RunAsync(TextReader.Null, Prompt, AddLine("lee@example.com"));
        Assert.Equal(1, code);
        Assert.Contains("differ", error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(TextReader.Null, Prompt, AddLine("lee@example.com"))).Code);
        Assert.Equal(["Password: ", "The same again: ", "Password: ", "The same again: "], asked);
    }

    [Fact]
    public async Task TakenAddress_IsRefusedBeforeAPasswordIsAskedFor()
    {
        Assert.Equal(0, (await RunAsync(UserFile.Password, AddLine("lee@example.com"))).Code);
        (int code, _, string error) = await RunAsync(TextReader.Null, _ => throw new InvalidOperationException("asked"), AddLine("LEE@example.com"));
        Assert.Equal(1, code);
        Assert.Contains("set-password", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SetPasswordAndDisable_DoSoAndSayWhatBecomesOfSessions()
    {
        await RunAsync(UserFile.Password, AddLine("lee@example.com"));
        Assert.Equal(0, (await RunAsync("another password", ["users", "set-password", "LEE@example.com"])).Code);
        SqliteUserDirectory directory = await _file.OpenAsync();
        Assert.NotNull(await directory.VerifyAsync("lee@example.com", "another password", TestContext.Current.CancellationToken));

        (int code, string output, _) = await RunAsync("", ["users", "disable", "lee@example.com"]);
        Assert.Equal(0, code);
        Assert.Contains("next refresh", output, StringComparison.Ordinal);
        _sessions = 2;
        Assert.Contains("ended 2 sessions", (await RunAsync("", ["users", "disable", "lee@example.com"])).Output, StringComparison.Ordinal);
        Assert.Null(await directory.VerifyAsync("lee@example.com", "another password", TestContext.Current.CancellationToken));
        Assert.Equal(UserStatus.Inactive, (await directory.FindByEmailAsync("lee@example.com", TestContext.Current.CancellationToken))?.Status);
    }

    [Theory]
    [InlineData("set-password")]
    [InlineData("disable")]
    public async Task UnknownUser_IsRefused(string command)
    {
        (int code, _, string error) = await RunAsync(UserFile.Password, ["users", command, "nobody@example.com"]);
        Assert.Equal(1, code);
        Assert.Contains("users list", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_PrintsATableOrJson_WithoutHashes()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        await DemoUsers.EnsureAsync(directory, UserFile.Password, TestContext.Current.CancellationToken);
        await directory.RecordLoginAsync((await directory.ListAsync(TestContext.Current.CancellationToken))[0].Id, _file.Time.GetUtcNow(), TestContext.Current.CancellationToken);
        _file.Execute("UPDATE users SET first_name = 'A' || char(27) WHERE email = 'admin@example.com'");

        Assert.Equal(
            $"""
            E-MAIL               ROLE          STATUS  NAME         TENANT                                LAST LOGIN
            admin@example.com    tenant_admin  active  A? Admin     {DemoUsers.Tenant}  2030-01-02 03:04:05Z
            learner@example.com  learner       active  Lee Learner  {DemoUsers.Tenant}  never

            """,
            (await RunAsync("", ["users", "list"])).Output);

        string output = (await RunAsync("", ["users", "list", "--json"])).Output;
        Assert.DoesNotContain("argon2", output, StringComparison.Ordinal);
        JsonElement users = JsonDocument.Parse(output).RootElement;
        Assert.Equal(2, users.GetArrayLength());
        Assert.Equal("2030-01-02T03:04:05.678Z", users[0].GetProperty("lastLoginAt").GetString());
        Assert.Equal("demo-learner", users[1].GetProperty("attributes").GetProperty("learnerUid").GetString());
        Assert.Equal(JsonValueKind.Null, users[1].GetProperty("lastLoginAt").ValueKind);
    }

    [Theory]
    [InlineData("lee", "--role", "learner")]
    [InlineData("lee@example.com", "--role", "Learner")]
    [InlineData("lee@example.com", "--role", "owner")]
    [InlineData("lee@example.com", "--tenant", "1")]
    [InlineData("lee@example.com", "--tenant", "{0197a2d4-0000-7000-8000-000000000001}")]
    [InlineData("lee@example.com", "--status", "gone")]
    [InlineData("lee@example.com", "--first-name", "")]
    [InlineData("lee@example.com", "--last-name", "a\nb")]
    [InlineData("lee@example.com", "--attribute", "novalue")]
    [InlineData("lee@example.com", "--attribute", "=value")]
    [InlineData("lee@example.com", "--password", "correct horse battery staple")]
    public async Task WrongLine_IsAUsageErrorBeforeTheDirectoryIsOpened(string email, string option, string value)
    {
        List<string> line = [.. AddLine(email)];
        int at = line.IndexOf(option);
        if (at > 0)
        {
            line[at + 1] = value;
        }
        else
        {
            line.AddRange([option, value]);
        }

        (int code, _, string error) = await RunAsync(UserFile.Password, [.. line]);
        Assert.Equal(2, code);
        Assert.NotEqual("", error);
        Assert.Equal(0, _opened);
    }

    [Theory]
    [InlineData("missing.json", null, "cannot be read")]
    [InlineData("bad.json", "[1]", "not one JSON object")]
    [InlineData("twice.json", "{\"a\":1,\"a\":2}", "not one JSON object")]
    public async Task BadAttributesFile_IsRefused(string name, string? content, string message)
    {
        string path = Path.Combine(Directory.CreateDirectory(_file.FolderPath).FullName, name);
        if (content is not null)
        {
            await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);
        }

        (int code, _, string error) = await RunAsync(UserFile.Password, [.. AddLine("lee@example.com"), "--attributes-json", path]);
        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DirectoryThatDoesNotAnswer_IsRefusedWithItsReason()
    {
        Directory.CreateDirectory(_file.FolderPath);
        await File.WriteAllTextAsync(_file.FilePath, new string('x', 4096), TestContext.Current.CancellationToken);
        (int code, _, string error) = await RunAsync("", ["users", "list"]);
        Assert.Equal(1, code);
        Assert.Contains("not a database", error, StringComparison.Ordinal);
        Assert.Contains("Check its path", error, StringComparison.Ordinal);
    }

    public void Dispose() => _file.Dispose();

    private static string[] AddLine(string email) =>
        ["users", "add", email, "--role", "instructor", "--tenant", Tenant, "--first-name", "Lee", "--last-name", "O'Hara"];

    private Task<(int Code, string Output, string Error)> RunAsync(string input, string[] line) => RunAsync(new StringReader(input), null, line);

    private async Task<(int Code, string Output, string Error)> RunAsync(TextReader input, Func<string, string?>? prompt, string[] line)
    {
        var root = new RootCommand
        {
            UsersCommand.Create(async (_, cancellationToken) =>
            {
                _opened++;
                var directory = new SqliteUserDirectory(_file.FilePath, TimeSpan.FromSeconds(5), _file.Hasher, _file.Time, _file);
                await directory.PrepareAsync(cancellationToken);
                return directory;
            }, (_, _, _) => Task.FromResult(_sessions), input, prompt),
        };
        var configuration = new InvocationConfiguration
        {
            Output = new StringWriter { NewLine = "\n" },
            Error = new StringWriter { NewLine = "\n" },
            EnableDefaultExceptionHandler = false,
        };
        ParseResult parsed = root.Parse(line);
        int code = await parsed.InvokeAsync(configuration, TestContext.Current.CancellationToken);
        return (parsed.Action is ParseErrorAction ? 2 : code, configuration.Output.ToString()!, configuration.Error.ToString()!);
    }
}
