using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Users;

public sealed class UserDatabaseTests : IDisposable
{
    private readonly UserFile _file = new();

    [Fact]
    public async Task DirectoriesPreparedAtOnceOnNothing_ShareOneDatabase()
    {
        SqliteUserDirectory[] directories = [.. Enumerable.Range(0, 8).Select(_ => _file.Make(time: TimeProvider.System))];
        await Task.WhenAll(directories.Select(directory => Task.Run(async () =>
        {
            await directory.PrepareAsync(TestContext.Current.CancellationToken);
            await DemoUsers.EnsureAsync(directory, UserFile.Password, TestContext.Current.CancellationToken);
        })));

        Assert.Single(_file.Logged, entry => entry.Id.Name == "UserDatabaseMigrated");
        foreach (SqliteUserDirectory directory in directories)
        {
            Assert.Equal(["admin@example.com", "learner@example.com"], (await directory.ListAsync(TestContext.Current.CancellationToken)).Select(user => user.Email));
        }
    }

    [Fact]
    public async Task PreparingAgain_KeepsTheUsers()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        await directory.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken);
        await directory.PrepareAsync(TestContext.Current.CancellationToken);
        SqliteUserDirectory later = await _file.OpenAsync();
        Assert.Single(await later.ListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Files_AreForTheOwnerAlone()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        await directory.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_file.FolderPath));
        string[] files = Directory.GetFiles(_file.FolderPath);
        Assert.Contains(_file.FilePath + "-wal", files);
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task DirectoryThatWasNotPrepared_IsUnavailableAndMakesNoFile()
    {
        SqliteUserDirectory directory = _file.Make();
        await AssertUnavailableAsync(() => directory.CheckAsync(TestContext.Current.CancellationToken).AsTask());
        await AssertUnavailableAsync(() => directory.VerifyAsync("learner@example.com", UserFile.Password, TestContext.Current.CancellationToken).AsTask());
        Assert.False(Directory.Exists(_file.FolderPath));
    }

    [Fact]
    public async Task FileThatIsNoDatabase_IsUnavailableAndStaysAsItIs()
    {
        Directory.CreateDirectory(_file.FolderPath);
        await File.WriteAllTextAsync(_file.FilePath, new string('x', 4096), TestContext.Current.CancellationToken);
        await AssertUnavailableAsync(() => _file.OpenAsync());
        Assert.Equal(new string('x', 4096), await File.ReadAllTextAsync(_file.FilePath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DatabaseOfALaterVersion_IsLeftAlone()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        _file.Execute("PRAGMA user_version = 7");
        StoreUnavailableException exception = await AssertUnavailableAsync(() => directory.PrepareAsync(TestContext.Current.CancellationToken));
        Assert.Contains("version 7", exception.InnerException?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE users SET role = 'owner'")]
    [InlineData("UPDATE users SET status = 'Active'")]
    [InlineData("UPDATE users SET tenant_id = ''")]
    [InlineData("UPDATE users SET created_at = '2030-01-01'")]
    [InlineData("UPDATE users SET last_login_at = 'never'")]
    [InlineData("UPDATE users SET attributes = '[]'")]
    public async Task RowThatThisProgramNeverWrites_DoesNotBecomeAUser(string sql)
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        User user = (await directory.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken)).User;
        _file.Execute(sql);
        await AssertUnavailableAsync(() => directory.FindAsync(user.Id, TestContext.Current.CancellationToken).AsTask());
        await AssertUnavailableAsync(() => directory.VerifyAsync(user.Email, UserFile.Password, TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task WritesBehindALock_LeaveReadsAlone_AreGivenUpExactlyAtTheTimeout_AndChangeNothingAfterwards()
    {
        SqliteUserDirectory directory = await _file.OpenAsync(TimeSpan.FromSeconds(30));
        User user = (await directory.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken)).User;
        using (SqliteConnection other = _file.Connect())
        {
            using SqliteTransaction writing = other.BeginTransaction(deferred: false);
            Task[] recordings = [.. Enumerable.Range(0, 8).Select(_ => directory.RecordLoginAsync(user.Id, _file.Time.GetUtcNow(), TestContext.Current.CancellationToken).AsTask())];
            _file.Time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(user.Id, (await directory.FindAsync(user.Id, TestContext.Current.CancellationToken))?.Id);
            Assert.DoesNotContain(recordings, recording => recording.IsCompleted);
            _file.Time.Advance(TimeSpan.FromMilliseconds(1));
            foreach (Task recording in recordings)
            {
                await AssertUnavailableAsync(() => recording);
            }
        }

        // Writes of one directory follow each other: when this one is done, the one that was given up is over too.
        Assert.True(await directory.SetStatusAsync(user.Id, UserStatus.Pending, TestContext.Current.CancellationToken));
        User? found = await directory.FindAsync(user.Id, TestContext.Current.CancellationToken);
        Assert.Equal((null, UserStatus.Pending), (found?.LastLoginAt, found?.Status));
    }

    [Fact]
    public async Task LockedDatabase_IsUnavailableForEveryCall()
    {
        using (SqliteUserDirectory first = await _file.OpenAsync())
        {
            await first.AddAsync(UserFile.Learner(), UserFile.Password, TestContext.Current.CancellationToken);
        }

        using SqliteConnection other = _file.Connect();
        other.Execute("PRAGMA locking_mode = EXCLUSIVE");
        other.Execute("UPDATE users SET first_name = 'Other'");
        SqliteUserDirectory directory = _file.Make(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        var id = new UserId(Guid.CreateVersion7());
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;

        await AssertUnavailableAsync(() => directory.CheckAsync(cancellationToken).AsTask());
        await AssertUnavailableAsync(() => directory.FindAsync(id, cancellationToken).AsTask());
        await AssertUnavailableAsync(() => directory.VerifyAsync("learner@example.com", UserFile.Password, cancellationToken).AsTask());
        await AssertUnavailableAsync(() => directory.RecordLoginAsync(id, TimeProvider.System.GetUtcNow(), cancellationToken).AsTask());
        await AssertUnavailableAsync(() => directory.AddAsync(UserFile.Learner("other@example.com"), UserFile.Password, cancellationToken).AsTask());
        await AssertUnavailableAsync(() => directory.ListAsync(cancellationToken).AsTask());
    }

    [Fact]
    public async Task CallersCancellation_IsNotAnOutage()
    {
        SqliteUserDirectory directory = await _file.OpenAsync();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await directory.CheckAsync(cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await directory.VerifyAsync("learner@example.com", UserFile.Password, cancelled));
    }

    [Fact]
    public async Task Preparing_WaitsForWhoeverHoldsTheLockFile()
    {
        Directory.CreateDirectory(_file.FolderPath);
        SqliteUserDirectory directory = _file.Make();
        FileStream held = await LockAsync();
        Task preparing = directory.PrepareAsync(TestContext.Current.CancellationToken);
        _file.Time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.False(preparing.IsCompleted);
        Assert.False(File.Exists(_file.FilePath));

        await held.DisposeAsync();
        await AdvanceUntilCompletedAsync(preparing);
        await preparing;
        await directory.CheckAsync(TestContext.Current.CancellationToken);

        // Whoever prepared has let go of the lock.
        using var free = new FileStream(_file.FilePath + ".lock", FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Fact]
    public async Task Preparing_GivesUpAfterThirtySecondsOfAnothersLock()
    {
        Directory.CreateDirectory(_file.FolderPath);
        SqliteUserDirectory directory = _file.Make();
        await using FileStream held = await LockAsync();
        DateTimeOffset begun = _file.Time.GetUtcNow();
        Task preparing = directory.PrepareAsync(TestContext.Current.CancellationToken);
        await AdvanceUntilCompletedAsync(preparing);
        StoreUnavailableException exception = await AssertUnavailableAsync(() => preparing);
        Assert.IsType<TimeoutException>(exception.InnerException);
        Assert.True(_file.Time.GetUtcNow() - begun >= TimeSpan.FromSeconds(30));
        Assert.False(File.Exists(_file.FilePath));
    }

    [Fact]
    public async Task FileLockInAMissingDirectory_FailsWithoutWaiting() =>
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() =>
            FileLock.AcquireAsync(Path.Combine(_file.FolderPath, "users.db.lock"), TimeSpan.FromSeconds(30), new FakeTimeProvider(), TestContext.Current.CancellationToken));

    public void Dispose() => _file.Dispose();

    private Task<FileStream> LockAsync() =>
        FileLock.AcquireAsync(_file.FilePath + ".lock", TimeSpan.FromSeconds(30), _file.Time, TestContext.Current.CancellationToken);

    private async Task AdvanceUntilCompletedAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _file.Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
    }

    private static async Task<StoreUnavailableException> AssertUnavailableAsync(Func<Task> call)
    {
        StoreUnavailableException exception = await Assert.ThrowsAsync<StoreUnavailableException>(call);
        Assert.Equal("users", exception.Store);
        Assert.NotNull(exception.InnerException);
        return exception;
    }
}
