using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Revocation;

namespace Aivo.Gateway.Tests.Sessions;

/// <summary>The marks of one node, on virtual time, with what they counted and logged.</summary>
internal sealed class MarksUnderTest : IAsyncDisposable
{
    public MarksUnderTest(ISessionStore store, PausedTime? time = null)
    {
        Time = time ?? new PausedTime(SessionSamples.Noon, FirstUseMarks.Interval);
        Marks = new FirstUseMarks(new FirstUseTransactions(store, SessionSamples.Retention), Counts.Metrics, Time, Logger);
    }

    public PausedTime Time { get; }

    public FirstUseMarks Marks { get; }

    public MetricsUnderTest Counts { get; } = new("aivo.gateway.first_use_marks");

    public EventRecorder<FirstUseMarks> Logger { get; } = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TokenId TokenOf(SessionRecord record) => TokenIds.ForLeaf(record.Live.Label, record.Live.Issued);

    /// <summary>Sessions of which no token was used yet.</summary>
    public static Task<SessionRecord[]> SessionsAsync(ISessionStore store, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => SessionSamples.StoreNewAsync(store, Cancellation)));

    public static async Task<DateTimeOffset?> FirstUsedAsync(ISessionStore store, SessionRecord session) =>
        SessionRecordCodec.Decode(session.Id, (await store.ReadAsync(session.Id, Cancellation)).Bytes).Live.FirstUsed;

    public void Add(params IEnumerable<SessionRecord> sessions)
    {
        foreach (SessionRecord session in sessions)
        {
            Marks.Add(session.Id, TokenOf(session));
        }
    }

    public Task StartAsync() => Marks.StartAsync(Cancellation);

    public Task StopAsync() => Marks.StopAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

    public Task CountedAsync(string outcome, long count) =>
        Eventually.TrueAsync(() => Counts[outcome] >= count, () => $"{Counts[outcome]} marks were {outcome}, not {count}");

    /// <summary>Waits for a count while virtual time goes by.</summary>
    public Task CountedLaterAsync(string outcome, long count) => Eventually.TrueAsync(
        () =>
        {
            Time.Advance(FirstUseMarks.Interval);
            return Counts[outcome] >= count;
        },
        () => $"{Counts[outcome]} marks were {outcome}, not {count}");

    public async ValueTask DisposeAsync()
    {
        Task stopped = Marks.StopAsync(CancellationToken.None);
        Time.Advance(FirstUseMarks.DrainTime);
        await stopped.WaitAsync(TimeSpan.FromSeconds(20));
        Marks.Dispose();
        Counts.Dispose();
    }
}
