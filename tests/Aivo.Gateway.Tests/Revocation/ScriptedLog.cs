using System.Collections.Immutable;
using System.Threading.Channels;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>A log whose every sync the test answers, or withholds; it ignores its cancellation token. Its writes are noted, and succeed.</summary>
internal sealed class ScriptedLog : IRevocationLog
{
    private readonly Channel<Read> _reads = Channel.CreateUnbounded<Read>();
    private readonly List<string> _writes = [];

    public string[] Writes
    {
        get
        {
            lock (_writes)
            {
                return [.. _writes];
            }
        }
    }

    public ValueTask<SyncReply> SyncAsync(ushort shard, SyncRequest request, bool withLeases, CancellationToken cancellationToken)
    {
        var read = new Read(request, withLeases);
        _reads.Writer.TryWrite(read);
        return new ValueTask<SyncReply>(read.Answer.Task);
    }

    public ValueTask BeginAsync(ushort shard, string? found, CancellationToken cancellationToken) => Note($"begin instead of {found ?? "none"}");

    public ValueTask OpenAsync(ushort shard, string epoch, CancellationToken cancellationToken) => Note($"open {epoch}");

    public async ValueTask<LogCommit> AppendAsync(
        ushort shard, string epoch, IReadOnlyList<RevocationEntry> entries, bool restores, CancellationToken cancellationToken)
    {
        await Note($"append {string.Join(',', entries.Select(entry => entry.Id).Order())} to {epoch}");
        return new LogCommit(shard, epoch, 1, []);
    }

    public ValueTask LowerSinceAsync(ushort shard, string epoch, long since, CancellationToken cancellationToken) => Note($"since {since}");

    public ValueTask RemoveAsync(ushort shard, string epoch, ImmutableArray<LeaseField> silent, CancellationToken cancellationToken) =>
        Note($"remove {string.Join(',', silent.Select(field => field.Node))}");

    public ValueTask LeaveAsync(ushort shard, string epoch, string node, CancellationToken cancellationToken) => Note("leave");

    public void AskForPrimary() => Add("ask for primary");

    public void OnNews(Action<ushort> news)
    {
    }

    /// <summary>The next read, which must come without any time passing.</summary>
    public Task<Read> NextAtOnceAsync() => Bounded.ReadAsync(_reads);

    /// <summary>Waits until the reader pauses, lets exactly that pause pass, and returns the read that follows.</summary>
    public async Task<Read> NextAsync(PausedTime time)
    {
        await time.PassPauseAsync();
        return await NextAtOnceAsync();
    }

    private ValueTask Note(string write)
    {
        Add(write);
        return ValueTask.CompletedTask;
    }

    private void Add(string write)
    {
        lock (_writes)
        {
            _writes.Add(write);
        }
    }

    internal sealed record Read(SyncRequest Request, bool WithLeases)
    {
        public TaskCompletionSource<SyncReply> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>Virtual time that notices when somebody waits for <paramref name="pause"/>, so that a test never runs ahead of the code.</summary>
internal class PausedTime(DateTimeOffset start, TimeSpan pause) : FakeTimeProvider(start)
{
    private readonly Channel<bool> _pauses = Channel.CreateUnbounded<bool>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime == pause)
        {
            _pauses.Writer.TryWrite(true);
        }

        return timer;
    }

    public Task PauseBeganAsync() => Bounded.ReadAsync(_pauses);

    public async Task PassPauseAsync()
    {
        await PauseBeganAsync();
        Advance(pause);
    }
}

/// <summary>The same, with a wall clock that jumps while the monotonic one goes on.</summary>
internal sealed class JumpingTime(DateTimeOffset start, TimeSpan pause) : PausedTime(start, pause)
{
    public TimeSpan Jump { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;
}

/// <summary>Waiting that ends in a failure where the code under test does not do what the test waits for.</summary>
file static class Bounded
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Task<T> ReadAsync<T>(Channel<T> channel) =>
        channel.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
}

/// <summary>Remembers the names of the events that were logged.</summary>
internal sealed class EventRecorder<T> : ILogger<T>
{
    private readonly List<string> _events = [];

    /// <summary>Runs once, in place of the first event.</summary>
    public Action? BeforeFirst { get; set; }

    public string[] Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (BeforeFirst is { } act)
        {
            BeforeFirst = null;
            act();
        }

        lock (_events)
        {
            _events.Add(eventId.Name ?? "");
        }
    }
}
