using System.Threading.Channels;
using Aivo.Gateway.Revocation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>A log whose every answer the test gives, or withholds; it ignores its cancellation token.</summary>
internal sealed class ScriptedLog : IRevocationLog
{
    private readonly Channel<Read> _reads = Channel.CreateUnbounded<Read>();

    public bool IsShared => true;

    public ValueTask<RevocationDelta> ReadAsync(long cursor, CancellationToken cancellationToken)
    {
        var read = new Read(cursor);
        _reads.Writer.TryWrite(read);
        return new ValueTask<RevocationDelta>(read.Answer.Task);
    }

    /// <summary>The next read, which must come without any time passing.</summary>
    public Task<Read> NextAtOnceAsync() => Bounded.ReadAsync(_reads);

    /// <summary>Waits until the reader pauses, lets exactly that pause pass, and returns the read that follows.</summary>
    public async Task<Read> NextAsync(PausedTime time)
    {
        await time.PassPauseAsync();
        return await NextAtOnceAsync();
    }

    internal sealed record Read(long Cursor)
    {
        public TaskCompletionSource<RevocationDelta> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>Virtual time that notices when somebody waits for <paramref name="pause"/>, so that a test never runs ahead of the code.</summary>
internal sealed class PausedTime(DateTimeOffset start, TimeSpan pause) : FakeTimeProvider(start)
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
