using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>One shard's sync on virtual time, with every answer of the log in the test's hand.</summary>
internal sealed class SyncUnderTest : IAsyncDisposable
{
    public static readonly RevocationOptions Options = new()
    {
        SyncInterval = TimeSpan.FromMilliseconds(100),
        Lease = TimeSpan.FromSeconds(1),
        LeastPause = TimeSpan.Zero,
    };

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public SyncUnderTest(RevocationOptions? options = null)
    {
        options ??= Options;
        State = new RevocationState(Time, 1, options.ServeStaleFor);
        Replica = new RevocationReplica(Requests.Revoke);
        Acknowledgements = new SyncAcknowledgements(State, Requests, options, Time, TestMetrics.Create());
        Sync = new ShardSync(
            0, Log, Replica, State, Acknowledgements, (_, missing, _) => Task.FromResult(Restore(missing)), (_, epoch) => Followed.Add(epoch),
            options, Time, Events);
    }

    public PausedTime Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), Options.SyncInterval);

    public ScriptedLog Log { get; } = new();

    public RequestsInFlight Requests { get; } = new();

    public RevocationReplica Replica { get; }

    public RevocationState State { get; }

    public SyncAcknowledgements Acknowledgements { get; }

    public ShardSync Sync { get; }

    public EventRecorder<ShardSync> Events { get; } = new();

    public List<string> Followed { get; } = [];

    /// <summary>What ends become that the log lacks.</summary>
    public Func<IReadOnlyList<RevocationEntry>, IReadOnlyList<RevocationEntry>> Restore { get; set; } = missing => missing;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(20));
        _stopping.Dispose();
    }

    public async Task<ScriptedLog.Read> BeginAsync()
    {
        _running = Sync.RunAsync(_stopping.Token);
        return await Log.NextAtOnceAsync();
    }

    /// <summary>Runs until the node is fresh in epoch a, and the sync after that is sent.</summary>
    public async Task<ScriptedLog.Read> BeginFreshAsync(params RevocationEntry[] entries)
    {
        (await BeginAsync()).Answer.SetResult(Other("a"));
        (await Log.NextAtOnceAsync()).Answer.SetResult(Ok("a", entries.Length, entries.Length, entries));
        (await Log.NextAtOnceAsync()).Answer.SetResult(Ok("a", entries.Length));
        return await Log.NextAsync(Time);
    }

    public static SyncReply Other(string epoch) => new() { Outcome = SyncOutcome.OtherEpoch, Epoch = epoch };

    public static SyncReply BeginNeeded(string? found) => new() { Outcome = SyncOutcome.BeginNeeded, Epoch = found };

    public SyncReply Ok(string epoch, long last, long? reached = null, params RevocationEntry[] entries) => new()
    {
        Outcome = SyncOutcome.Read,
        Epoch = epoch,
        Open = true,
        Last = last,
        Reached = reached ?? last,
        Entries = entries,
        ServerTime = Time.GetUtcNow(),
        Acknowledged = true,
    };

    public RevocationEntry Session(int id) =>
        RevocationEntry.ForSession(new SessionId((UInt128)id, 0), Time.GetUtcNow() + RevocationOptions.Retention);
}
