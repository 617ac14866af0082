using System.Collections.Concurrent;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// V1 to V5 by what the destination received and what the clients were answered. It collects while the load runs and judges once, when
/// everything has come to rest.
/// </summary>
internal sealed class Judge
{
    private readonly ConcurrentDictionary<string, long> _ended = new();
    private readonly ConcurrentQueue<string> _observed = new();
    private readonly ConcurrentDictionary<int, long> _lastServed = new();
    private int _loggedOut;
    private int _putOff;
    private int _unavailable;
    private int _served;

    /// <summary>
    /// How long after its 204 a session may still be forwarded. Zero is the promise; a gateway that does not wait for the others
    /// promises its lease.
    /// </summary>
    public TimeSpan After204 { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// Where requests in flight are let finish (<c>Revocation:InFlight</c> = <c>Finish</c>), the promise is about checks, and not about what
    /// had passed one and was still on its way.
    /// </summary>
    public bool ByCheck { get; init; }

    /// <summary>
    /// Nodes that were stopped and went on. A process that is stopped between its check and its write is outside of the promise, so
    /// what these let pass is judged by the time of their check.
    /// </summary>
    public ConcurrentDictionary<int, bool> Stopped { get; } = new();

    /// <summary>How long each log-out that was answered 204 took its client.</summary>
    public ConcurrentQueue<TimeSpan> LogoutTimes { get; } = new();

    public int LoggedOut => _loggedOut;

    public int PutOff => _putOff;

    /// <summary>How many answers were 503: all of <see cref="PutOff"/> that a node said itself.</summary>
    public int Unavailable => _unavailable;

    public int Served => _served;

    public bool IsEnded(string session) => _ended.ContainsKey(session);

    /// <summary>A client has the 204 that ends the session. Only the first counts: a repeated one promises nothing new.</summary>
    public void Ended(string session, long answeredAt)
    {
        if (_ended.TryAdd(session, answeredAt))
        {
            Interlocked.Increment(ref _loggedOut);
        }
    }

    /// <summary>A live session's request was forwarded and answered.</summary>
    public void ServedBy(int node, long sentAt)
    {
        Interlocked.Increment(ref _served);
        _lastServed.AddOrUpdate(node, sentAt, (_, last) => Math.Max(last, sentAt));
    }

    /// <summary>Whether the node has served a request that was sent after that time.</summary>
    public bool HasServedSince(int node, long time) => _lastServed.TryGetValue(node, out long last) && last >= time;

    /// <summary>503, 429, or no answer at all: what an honest client repeats.</summary>
    public void PutOffBy(HttpStatusCode? status)
    {
        Interlocked.Increment(ref _putOff);
        if (status == HttpStatusCode.ServiceUnavailable)
        {
            Interlocked.Increment(ref _unavailable);
        }
    }

    /// <summary>Something that no client may ever see, in words that begin with the promise it breaks.</summary>
    public void Broken(string what) => _observed.Enqueue(what);

    /// <summary>Everything that broke a promise, each in a line.</summary>
    public IReadOnlyList<string> Violations(IEnumerable<Forward> received)
    {
        long tolerated = (long)(After204.TotalSeconds * TimeProvider.System.TimestampFrequency);
        List<string> found = [.. _observed];
        foreach (Forward forward in received)
        {
            if (!_ended.TryGetValue(forward.Session, out long answeredAt))
            {
                continue;
            }

            long judged = ByCheck || Stopped.ContainsKey(forward.Node) ? forward.CheckedAt : forward.ReceivedAt;
            if (judged > answeredAt + tolerated)
            {
                found.Add($"V1: node {forward.Node} forwarded a session {Milliseconds(answeredAt, forward.ReceivedAt)} ms after its 204 (checked {Milliseconds(answeredAt, forward.CheckedAt)} ms after it)");
            }
        }

        return found;
    }

    /// <summary>The time from each 204 to the last forward of its session, greatest first: what V1 bounds.</summary>
    public IReadOnlyList<double> LastForwards(IEnumerable<Forward> received) =>
        [.. received.Where(forward => _ended.ContainsKey(forward.Session))
            .GroupBy(forward => forward.Session)
            .Select(group => Milliseconds(_ended[group.Key], group.Max(forward => forward.ReceivedAt)))
            .OrderDescending()];

    private static double Milliseconds(long from, long to) => Math.Round((to - from) * 1000.0 / TimeProvider.System.TimestampFrequency, 3);
}
