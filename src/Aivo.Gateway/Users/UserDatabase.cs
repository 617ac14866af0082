using Aivo.Gateway.Primitives;
using Microsoft.Data.Sqlite;

namespace Aivo.Gateway.Users;

/// <summary>
/// Bounded calls on one SQLite file. SQLite blocks its thread, also while it waits for another process's lock; so calls run on the
/// thread pool, few at once, and whoever waits gives up after the timeout. Writes have a gate of their own: while one waits for a lock,
/// reads go on (WAL).
/// </summary>
internal sealed class UserDatabase : IDisposable
{
    private const int ConcurrentReads = 4;
    private readonly SemaphoreSlim _reads = new(ConcurrentReads);
    private readonly SemaphoreSlim _writes = new(1);
    private readonly string _connectionString;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;

    public UserDatabase(string file, TimeSpan timeout, TimeProvider timeProvider)
    {
        _timeout = timeout;
        _timeProvider = timeProvider;
        _connectionString = ConnectionString(file, SqliteOpenMode.ReadWrite);
    }

    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken) =>
        CallAsync(_reads, (connection, _) => read(connection), cancellationToken);

    /// <summary>Runs in a transaction. A call that was given up while it waited for the lock changes nothing afterwards.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> write, CancellationToken cancellationToken) =>
        CallAsync(_writes, (connection, givenUp) =>
        {
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            givenUp.ThrowIfCancellationRequested();
            T result = write(connection);
            transaction.Commit();
            return result;
        }, cancellationToken);

    public void Dispose()
    {
        using (var connection = new SqliteConnection(_connectionString))
        {
            SqliteConnection.ClearPool(connection);
        }

        _reads.Dispose();
        _writes.Dispose();
    }

    internal static string ConnectionString(string file, SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = file,
        Mode = mode,
        // The library's own waiting, in whole seconds and steps of 150 ms; zero would be for ever. busy_timeout does the real waiting.
        DefaultTimeout = 1,
    }.ToString();

    private async Task<T> CallAsync<T>(SemaphoreSlim gate, Func<SqliteConnection, CancellationToken, T> work, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(_timeout, _timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        CancellationToken givenUp = either.Token;
        try
        {
            await gate.WaitAsync(givenUp);
            return await Task.Run(() => Run(gate, work, givenUp), CancellationToken.None).WaitAsync(givenUp);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException("users", new TimeoutException("The user directory did not answer in time.", exception));
        }
        catch (Exception exception) when (exception is SqliteException or InvalidDataException or ObjectDisposedException)
        {
            throw new StoreUnavailableException("users", exception);
        }
    }

    /// <summary>Gives the gate back when the work ends, which may be after its caller gave up.</summary>
    private T Run<T>(SemaphoreSlim gate, Func<SqliteConnection, CancellationToken, T> work, CancellationToken givenUp)
    {
        try
        {
            givenUp.ThrowIfCancellationRequested();
            using var connection = new SqliteConnection(_connectionString);
            connection.Open();
            SQLitePCL.raw.sqlite3_busy_timeout(connection.Handle, (int)_timeout.TotalMilliseconds);
            return work(connection, givenUp);
        }
        finally
        {
            gate.Release();
        }
    }
}
