using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;
using Microsoft.Data.Sqlite;

namespace Aivo.Gateway.Tests.Users;

public sealed class UserVerificationTests : IDisposable
{
    private readonly UserFile _file = new();

    [Theory]
    [InlineData("learner@example.com", UserFile.Password, "active", true)]
    [InlineData("LEARNER@example.COM", UserFile.Password, "active", true)]
    [InlineData("learner@example.com", "wrong password", "active", false)]
    [InlineData("learner@example.com", UserFile.Password + " ", "active", false)]
    [InlineData("learner@example.com", "", "active", false)]
    [InlineData("nobody@example.com", UserFile.Password, "active", false)]
    [InlineData("no address", UserFile.Password, "active", false)]
    [InlineData("learner@example.com ", UserFile.Password, "active", false)]
    [InlineData("\u0131earner@example.com", UserFile.Password, "active", false)]
    [InlineData("learner@example.com' OR '1'='1", UserFile.Password, "active", false)]
    [InlineData("'/**/or/**/1=1--@example.com", UserFile.Password, "active", false)]
    [InlineData("%@example.com", UserFile.Password, "active", false)]
    [InlineData("learner@example.com", UserFile.Password, "inactive", false)]
    [InlineData("learner@example.com", "wrong password", "inactive", false)]
    [InlineData("learner@example.com", UserFile.Password, "pending", false)]
    [InlineData("learner@example.com", UserFile.Password, "suspended", false)]
    public async Task EveryVerification_ComputesOneHash_AndOnlyAnActiveUsersPasswordFits(string email, string password, string status, bool fits)
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        Assert.True(UserStatuses.TryParse(status, out UserStatus parsed));
        AddedUser added = await directory.AddAsync(UserFile.Learner(status: parsed), UserFile.Password, TestContext.Current.CancellationToken);
        long before = _file.Hasher.Computations;

        User? user = await directory.VerifyAsync(email, password, TestContext.Current.CancellationToken);

        Assert.Equal(fits ? added.User.Id : null, user?.Id);
        Assert.Equal(1, _file.Hasher.Computations - before);
    }

    [Theory]
    [InlineData("$argon2id$v=19$m=64,t=3,p=3$MDEyMzQ1Njc4OWFiY2RlZg$mCEmVsocFg+KGl/VDy4RoNpI2i/gtny2SmhniSxr0fE")]
    [InlineData("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW")]
    [InlineData("$argon2id$v=19$m=4294967295,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0")]
    [InlineData("")]
    public async Task HashThatCannotBeVerified_CountsAsWrong_CostsOneHash_AndIsLoggedOnce(string hash)
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        User user = await AddAsync(directory);
        _file.Execute("UPDATE users SET password_hash = @hash", ("@hash", hash));
        long before = _file.Hasher.Computations;

        Assert.Null(await directory.VerifyAsync(user.Email, "password", TestContext.Current.CancellationToken));
        Assert.Null(await directory.VerifyAsync(user.Email, UserFile.Password, TestContext.Current.CancellationToken));

        Assert.Equal(2, _file.Hasher.Computations - before);
        (_, string message) = Assert.Single(_file.Logged, entry => entry.Id.Name == "PasswordHashUnverifiable");
        Assert.Contains(user.Id.ToString(), message, StringComparison.Ordinal);
        if (hash.Length > 0)
        {
            Assert.DoesNotContain(hash, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task PasswordOutsideTheRules_IsTheCallersError()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        foreach (string password in new[] { new string('a', 1025), "half\uD800pair" })
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await directory.VerifyAsync("learner@example.com", password, TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData(8, 2)]
    [InlineData(16, 1)]
    public async Task LoginWithAHashOfAnotherCost_StoresOneOfThePresentCost(int memory, int passes)
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        User user = await AddAsync(directory);
        _file.Execute("UPDATE users SET password_hash = @hash", ("@hash", new PasswordHasher(new PasswordCost(memory, passes, 1)).Create(UserFile.Password).ToText()));

        Assert.Null(await directory.VerifyAsync(user.Email, "wrong password", TestContext.Current.CancellationToken));
        Assert.StartsWith($"$argon2id$v=19$m={memory},t={passes},p=1$", _file.PasswordHashOf(user.Id), StringComparison.Ordinal);

        Assert.NotNull(await directory.VerifyAsync(user.Email, UserFile.Password, TestContext.Current.CancellationToken));
        string? upgraded = _file.PasswordHashOf(user.Id);
        Assert.StartsWith("$argon2id$v=19$m=8,t=1,p=1$", upgraded, StringComparison.Ordinal);

        Assert.NotNull(await directory.VerifyAsync(user.Email, UserFile.Password, TestContext.Current.CancellationToken));
        Assert.Equal(upgraded, _file.PasswordHashOf(user.Id));
        Assert.Single(_file.Logged, entry => entry.Id.Name == "PasswordHashUpgraded");
    }

    [Fact]
    public async Task PasswordSetDuringALogin_IsNotUndoneByTheUpgrade()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        User user = await AddAsync(directory);
        _file.Execute("UPDATE users SET password_hash = @hash", ("@hash", new PasswordHasher(new PasswordCost(8, 2, 1)).Create(UserFile.Password).ToText()));
        string replaced = _file.Hasher.Create("another password").ToText();
        long before = _file.Hasher.Computations;

        Task<User?> login;
        using (SqliteConnection other = _file.Connect())
        {
            using SqliteTransaction writing = other.BeginTransaction(deferred: false);
            login = directory.VerifyAsync(user.Email, UserFile.Password, TestContext.Current.CancellationToken).AsTask();
            while (_file.Hasher.Computations == before && !login.IsCompleted)
            {
                await Task.Yield();
            }

            // The log-in has read the old hash, and cannot write before this commit.
            other.Execute("UPDATE users SET password_hash = @hash", ("@hash", replaced));
            writing.Commit();
        }

        Assert.NotNull(await login);
        Assert.Equal(replaced, _file.PasswordHashOf(user.Id));
    }

    [Fact]
    public async Task LoginOfAnInactiveUser_DoesNotUpgradeItsHash()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        User user = await AddAsync(directory, UserStatus.Inactive);
        string old = new PasswordHasher(new PasswordCost(8, 2, 1)).Create(UserFile.Password).ToText();
        _file.Execute("UPDATE users SET password_hash = @hash", ("@hash", old));

        Assert.Null(await directory.VerifyAsync(user.Email, UserFile.Password, TestContext.Current.CancellationToken));
        Assert.Equal(old, _file.PasswordHashOf(user.Id));
    }

    [Fact]
    public async Task HashThatCannotBeUpgradedNow_DoesNotRefuseTheLogin()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        User user = await AddAsync(directory);
        string old = new PasswordHasher(new PasswordCost(8, 2, 1)).Create(UserFile.Password).ToText();
        _file.Execute("UPDATE users SET password_hash = @hash", ("@hash", old));
        SqliteUserDirectory hasty = await _file.OpenAsync(TimeSpan.FromSeconds(1), TimeProvider.System);
        using (SqliteConnection other = _file.Connect())
        {
            using SqliteTransaction writing = other.BeginTransaction(deferred: false);
            Assert.NotNull(await hasty.VerifyAsync(user.Email, UserFile.Password, TestContext.Current.CancellationToken));
        }

        Assert.Equal(old, _file.PasswordHashOf(user.Id));
        Assert.Single(_file.Logged, entry => entry.Id.Name == "PasswordHashNotUpgraded");
    }

    [Fact]
    public async Task NewPassword_ReplacesTheOldOneForEveryDirectoryOnTheFile()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        SqliteUserDirectory other = await _file.OpenAsync();
        User user = await AddAsync(directory);
        Assert.True(await other.SetPasswordAsync(user.Id, "another password", TestContext.Current.CancellationToken));
        Assert.Null(await directory.VerifyAsync(user.Email, UserFile.Password, TestContext.Current.CancellationToken));
        Assert.NotNull(await directory.VerifyAsync(user.Email, "another password", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Logs_HoldNoPasswordAndNoHash()
    {
        await LoginWithAHashOfAnotherCost_StoresOneOfThePresentCost(16, 1);
        Assert.NotEmpty(_file.Logged);
        Assert.DoesNotContain(_file.Logged, entry => entry.Message.Contains("argon2", StringComparison.Ordinal) || entry.Message.Contains(UserFile.Password, StringComparison.Ordinal));
    }

    public void Dispose() => _file.Dispose();

    private static async Task<User> AddAsync(SqliteUserDirectory directory, UserStatus status = UserStatus.Active) =>
        (await directory.AddAsync(UserFile.Learner(status: status), UserFile.Password, TestContext.Current.CancellationToken)).User;
}
