using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// The session that a history is about, and everything that several calls share: Redis, the revocations that the nodes know, what the
/// owner's tabs and the thief hold. One thread, virtual time; whatever happens at one moment happens in the order it was planned in.
/// </summary>
internal sealed class SimulatedSession
{
    public static readonly TimeSpan Retention = TimeSpan.FromMinutes(17);
    private static readonly DateTimeOffset Login = new(2031, 5, 6, 12, 0, 0, 123, TimeSpan.Zero);
    private static readonly SessionId Id = SessionId.Create(0);
    private static readonly SessionClient Home = new(null, "192.0.2.1", "Browser/1.0");
    private static readonly SessionClient Away = new(null, "198.51.100.1", "Browser/1.0");

    private readonly PriorityQueue<Action, (long Time, int Order)> _plan = new();
    private readonly List<PendingEnd> _pendingEnds = [];
    private readonly List<string>? _trace;
    private int _planned;

    /// <param name="Alive">Whether the node that ended the session is there to end it again.</param>
    private sealed record PendingEnd(EndReason Reason, bool Alive)
    {
        public int Write { get; set; }
    }

    public SimulatedSession(History history, RefreshRules rules, List<string>? trace)
    {
        (History, Rules, _trace) = (history, rules, trace);
        Options = new SessionsOptions
        {
            IdleLifetime = TimeSpan.FromDays(7),
            AbsoluteLifetime = TimeSpan.FromDays(30),
            ClientTimeout = TimeSpan.FromMilliseconds(history.T),
            MaxHold = TimeSpan.FromMilliseconds(history.D),
        };
        SessionRecord record = SessionLifecycle.Create(
            Id, new UserId(Guid.Empty), new TenantId(Guid.Empty), Home, "root-label", "key-1", Login, Options);
        Redis.Commit(null, SessionRecordCodec.Encode(record), false);
        Stored = Token.Of(record);
        Judge = new Judge(this);
    }

    public History History { get; }

    public RefreshRules Rules { get; }

    public SessionsOptions Options { get; }

    public VirtualRedis Redis { get; } = new();

    public Judge Judge { get; }

    /// <summary>Milliseconds since the login.</summary>
    public long Now { get; private set; }

    public int Steps { get; private set; }

    /// <summary>What all tabs of the owner share.</summary>
    public Token Stored { get; private set; }

    /// <summary>What the thief holds, the newest last.</summary>
    public List<Token> Stolen { get; } = [];

    public bool UserActive { get; set; } = true;

    /// <summary>All revocations of access tokens that any node has heard of; they only grow.</summary>
    public HashSet<UInt128> RevokedTokens { get; } = [];

    public bool EndAcknowledged { get; private set; }

    public static DateTimeOffset At(long milliseconds) => Login.AddMilliseconds(milliseconds);

    public static long Since(DateTimeOffset time) => (long)(time - Login).TotalMilliseconds;

    public void Plan(long after, Action happens) => _plan.Enqueue(happens, (Now + after, _planned++));

    public void Run()
    {
        while (_plan.TryDequeue(out Action? happens, out (long Time, int Order) when))
        {
            (Now, Steps) = (when.Time, Steps + 1);
            happens();
        }
    }

    public void Wait(long time) => Now += time;

    public SessionRecord Read() => SessionRecordCodec.Decode(Id, Redis.Bytes);

    public void Trace(string what) => _trace?.Add($"{Now,10} {what}");

    public void Revoke(IEnumerable<RevocationEntry> entries)
    {
        foreach (RevocationEntry entry in entries.Where(entry => entry.Kind == RevocationKind.Token))
        {
            RevokedTokens.Add(entry.Id);
        }

        Judge.Revoked();
    }

    /// <summary>The owner has an answer: a token never replaces a newer one.</summary>
    public void Store(Token token)
    {
        if (token.Number > Stored.Number)
        {
            Stored = token;
        }
    }

    public void Steal(Token token)
    {
        Stolen.Add(token);
        Stolen.Sort((left, right) => left.Number.CompareTo(right.Number));
    }

    public void FailOver(int most)
    {
        (int leaves, int writes) = Redis.FailOver(most);
        Trace($"fail-over: {writes} writes lost, {leaves} leaves; live again: {Token.Of(Read())}");
        Judge.FailedOver(leaves, writes);
        foreach (PendingEnd end in _pendingEnds.Where(end => end.Alive && Read().End is null))
        {
            end.Write = CommitEnd(end.Reason);
        }
    }

    /// <summary>An end has been committed by the last write: it is acknowledged once a replica has it.</summary>
    public void AcknowledgeEnd(EndReason reason, bool nodeLives, long after)
    {
        var pending = new PendingEnd(reason, nodeLives) { Write = Redis.LastId };
        _pendingEnds.Add(pending);
        if (nodeLives)
        {
            Plan(after, () =>
            {
                if (Redis.WaitFor(pending.Write))
                {
                    AcknowledgeEnd();
                }
            });
        }
    }

    public void AcknowledgeEnd()
    {
        EndAcknowledged = true;
        Judge.EndAcknowledged();
        Trace("end acknowledged");
    }

    public int CommitEnd(EndReason reason)
    {
        SessionDecision<EndOutcome> decision = SessionLifecycle.End(Id, Read(), reason, At(Now), Retention);
        Redis.Commit(Redis.Bytes, SessionRecordCodec.Encode(decision.Record!), false);
        Trace($"{reason} committed");
        return Redis.LastId;
    }

    public static PresentedToken Present(Token token, bool elsewhere) => new(
        Id, token.Number, token.Label, DateTimeOffset.FromUnixTimeSeconds(At(token.Issued).ToUnixTimeSeconds()),
        (elsewhere ? Away : Home).Fingerprint);
}
