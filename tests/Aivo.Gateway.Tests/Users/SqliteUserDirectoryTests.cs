using System.Text.Json;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Tests.Users;

public sealed class SqliteUserDirectoryTests : IDisposable
{
    private readonly UserFile _file = new();

    [Fact]
    public async Task AddedUser_IsFoundWithEveryMember()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        Assert.True(UserAttributes.TryParse("""{"learnerUid":"l-1","grades":[1,2]}""", out IReadOnlyDictionary<string, JsonElement>? attributes));
        var user = new NewUser("Jos\u0065@Example.com", "Jos\u00E9", "\u014Cta \uD83D\uDE00", UserRole.SuperAdmin, UserFile.Tenant, UserStatus.Active, new Uri("https://example.com/a.png?x=1"), attributes);

        AddedUser added = await directory.AddAsync(user, UserFile.Password, TestContext.Current.CancellationToken);
        User? found = await directory.FindAsync(added.User.Id, TestContext.Current.CancellationToken);

        Assert.True(added.Created);
        Assert.NotNull(found);
        Assert.Equal(7, found.Id.Value.Version);
        Assert.Equal("jose@example.com", found.Email);
        Assert.Equal((user.FirstName, user.LastName, user.Role, user.Tenant, user.Status, user.Avatar), (found.FirstName, found.LastName, found.Role, found.Tenant, found.Status, found.Avatar));
        Assert.Equal((null, _file.Time.GetUtcNow(), _file.Time.GetUtcNow()), (found.LastLoginAt, found.CreatedAt, found.UpdatedAt));
        Assert.Equal("""{"learnerUid":"l-1","grades":[1,2]}""", UserAttributes.ToText(found.Attributes));
        Assert.Equal(found with { Attributes = UserAttributes.Empty }, added.User with { Attributes = UserAttributes.Empty });
        Assert.Equal(found.Id, (await directory.FindByEmailAsync("JOSE@EXAMPLE.COM", TestContext.Current.CancellationToken))?.Id);
    }

    [Fact]
    public async Task UnknownIds_AreNull()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        var nobody = new UserId(Guid.CreateVersion7());
        Assert.Null(await directory.FindAsync(nobody, TestContext.Current.CancellationToken));
        Assert.Null(await directory.FindByEmailAsync("nobody@example.com", TestContext.Current.CancellationToken));
        Assert.Null(await directory.FindByEmailAsync("nobody", TestContext.Current.CancellationToken));
        Assert.False(await directory.SetPasswordAsync(nobody, UserFile.Password, TestContext.Current.CancellationToken));
        Assert.False(await directory.SetStatusAsync(nobody, UserStatus.Active, TestContext.Current.CancellationToken));
        await directory.RecordLoginAsync(nobody, _file.Time.GetUtcNow(), TestContext.Current.CancellationToken);
        Assert.Empty(await directory.ListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task TakenAddress_IsReportedAndChangesNothing()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        AddedUser first = await directory.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken);
        AddedUser second = await directory.AddAsync(UserFile.Learner("LEARNER@example.com") with { FirstName = "Other" }, "another password", TestContext.Current.CancellationToken);

        Assert.False(second.Created);
        Assert.Equal(first.User.Id, second.User.Id);
        Assert.Equal("Lee", second.User.FirstName);
        Assert.NotNull(await directory.VerifyAsync("learner@example.com", UserFile.Password, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task OneAddressAddedManyTimesAtOnce_BecomesOneUser()
    {
        SqliteUserDirectory[] directories = [await _file.OpenAsync(), await _file.OpenAsync()];
        AddedUser[] added = await Task.WhenAll(Enumerable.Range(0, 16).Select(number =>
            Task.Run(() => directories[number % 2].AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken).AsTask())));
        Assert.Single(added, one => one.Created);
        Assert.Single(added.Select(one => one.User.Id).Distinct());
        Assert.Single(await directories[0].ListAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("no address", "Lee", "password")]
    [InlineData("a@example.com", "", "password")]
    [InlineData("a@example.com", "Lee\n", "password")]
    [InlineData("a@example.com", "Lee", "short")]
    [InlineData("a@example.com", "Lee", "half pair")]
    public async Task UserOutsideTheRules_IsNotAdded(string email, string name, string password)
    {
        // Half of a surrogate pair does not survive in an attribute of the test.
        password = password.Replace("half pair", "half\uD800pair", StringComparison.Ordinal);
        SqliteUserDirectory directory = await _file.OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await directory.AddAsync(UserFile.Learner(email) with { LastName = name }, password, TestContext.Current.CancellationToken));
        Assert.Empty(await directory.ListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task TextThatLooksLikeSql_IsStoredAsText()
    {
        const string attack = "'); DROP TABLE users; --";
        SqliteUserDirectory directory = await _file.OpenAsync();
        Assert.True(UserAttributes.TryAdd(UserAttributes.Empty, [(attack, attack)], out IReadOnlyDictionary<string, JsonElement>? attributes));
        NewUser user = UserFile.Learner("'--@example.com") with { FirstName = attack, LastName = "\" OR 1=1 /* @id ? :x $y", Attributes = attributes };

        AddedUser added = await directory.AddAsync(user, attack, TestContext.Current.CancellationToken);
        await directory.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken);
        Assert.True(await directory.SetStatusAsync(added.User.Id, UserStatus.Suspended, TestContext.Current.CancellationToken));

        User? found = await directory.FindByEmailAsync("'--@example.com", TestContext.Current.CancellationToken);
        Assert.Equal((attack, user.LastName, attack, UserStatus.Suspended), (found?.FirstName, found?.LastName, found?.Attributes[attack].GetString(), found?.Status));
        IReadOnlyList<User> all = await directory.ListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["'--@example.com", "learner@example.com"], all.Select(one => one.Email));
        Assert.Equal(UserStatus.Active, all[1].Status);
    }

    [Fact]
    public async Task Login_IsRecordedInMilliseconds_AndNeverGoesBack()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        User user = (await directory.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken)).User;
        var later = new DateTimeOffset(2031, 5, 6, 9, 8, 9, 123, TimeSpan.FromHours(2));

        await directory.RecordLoginAsync(user.Id, later.AddTicks(4567), TestContext.Current.CancellationToken);
        await directory.RecordLoginAsync(user.Id, later.AddMilliseconds(-1), TestContext.Current.CancellationToken);

        User? found = await directory.FindAsync(user.Id, TestContext.Current.CancellationToken);
        Assert.Equal(later, found?.LastLoginAt);
        Assert.Equal(TimeSpan.Zero, found?.LastLoginAt?.Offset);
        Assert.Equal(user.UpdatedAt, found?.UpdatedAt);
    }

    [Fact]
    public async Task NewPasswordOrStatus_MovesUpdatedAt()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        User user = (await directory.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken)).User;
        _file.Time.Advance(TimeSpan.FromSeconds(1));
        await directory.SetStatusAsync(user.Id, UserStatus.Inactive, TestContext.Current.CancellationToken);
        User? disabled = await directory.FindAsync(user.Id, TestContext.Current.CancellationToken);
        _file.Time.Advance(TimeSpan.FromSeconds(1));
        await directory.SetPasswordAsync(user.Id, "another password", TestContext.Current.CancellationToken);
        User? changed = await directory.FindAsync(user.Id, TestContext.Current.CancellationToken);

        Assert.Equal(UserStatus.Inactive, disabled?.Status);
        Assert.Equal(user.CreatedAt.AddSeconds(1), disabled?.UpdatedAt);
        Assert.Equal(user.CreatedAt.AddSeconds(2), changed?.UpdatedAt);
        Assert.Equal(user.CreatedAt, changed?.CreatedAt);
    }

    [Fact]
    public async Task DemoUsers_AreMadeOnceAndKeepTheirPassword()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        await DemoUsers.EnsureAsync(directory, UserFile.Password, TestContext.Current.CancellationToken);
        IReadOnlyList<User> made = await directory.ListAsync(TestContext.Current.CancellationToken);
        await DemoUsers.EnsureAsync(directory, "another password", TestContext.Current.CancellationToken);

        Assert.Equal(made.Select(user => user.Id), (await directory.ListAsync(TestContext.Current.CancellationToken)).Select(user => user.Id));
        User? learner = await directory.VerifyAsync("learner@example.com", UserFile.Password, TestContext.Current.CancellationToken);
        User? admin = await directory.VerifyAsync("admin@example.com", UserFile.Password, TestContext.Current.CancellationToken);
        Assert.Equal((UserRole.Learner, DemoUsers.Tenant, """{"learnerUid":"demo-learner"}"""), (learner!.Role, learner.Tenant, UserAttributes.ToText(learner.Attributes)));
        Assert.Equal((UserRole.TenantAdmin, DemoUsers.Tenant), (admin!.Role, admin.Tenant));
    }

    public void Dispose() => _file.Dispose();
}
