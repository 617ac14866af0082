using System.Collections.Immutable;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>One refresh, from its client to a node and back: each arrow at a time of its own, and any of them may be the last.</summary>
internal sealed class RefreshCall(SimulatedSession session, Act act, Token token, Party party)
{
    private readonly History _history = session.History;
    private long _sent;
    private long _deadline;
    private int _attempts;
    private bool _missedReply;
    private byte[] _read = [];
    private SessionDecision<RefreshOutcome> _decision = null!;

    public Token Presented => token;

    public Party Party => party;

    /// <summary>The clock that the last decision was made by.</summary>
    public long DecidedAt { get; private set; }

    public RefreshOutcome Outcome => _decision.Outcome;

    /// <summary>Whether the thief held a newer token than it sent.</summary>
    public bool SendsOlder { get; } = party == Party.Thief && token != session.Stolen[^1];

    public Token Returned => Token.Of(_decision.Record!);

    public TimeSpan RetryAfter => _decision.RetryAfter;

    public ImmutableArray<RevocationEntry> Revocations => _decision.Revocations;

    /// <summary>What the judge thinks of as one stretch of time, when this was decided.</summary>
    public int Stretch { get; set; }

    public void Send()
    {
        session.Trace($"{party} sends {token}");
        _sent = session.Now;
        session.Plan(Math.Min(act.Arrives, _history.T), () =>
        {
            _deadline = session.Now + _history.D;
            session.Plan(act.Reads, Read);
        });
    }

    private void Read()
    {
        if (session.Now <= _deadline)
        {
            Decide();
        }
    }

    private void Decide()
    {
        DecidedAt = session.Now;
        _read = session.Redis.Bytes;
        SessionRecord record = session.Read();
        _decision = SessionLifecycle.Refresh(
            record, SimulatedSession.Present(token, act.Elsewhere), SimulatedSession.At(session.Now), session.Options, "key-1", SimulatedSession.Retention,
            session.Rules);
        if (_decision.Outcome.IsSuccess())
        {
            var standing = new UserStanding(session.UserActive, record.Tenant);
            _decision = SessionLifecycle.Admit(_decision, record, standing, SimulatedSession.At(session.Now), SimulatedSession.Retention);
        }

        if (_decision.Commits)
        {
            session.Plan(act.Commits, Commit);
        }
        else
        {
            Conclude();
        }
    }

    private void Commit()
    {
        if (session.Now > _deadline || act.Fate == Fate.StopsBefore)
        {
            return;
        }

        bool rotates = _decision.Outcome is RefreshOutcome.Rotated or RefreshOutcome.Adopted or RefreshOutcome.Superseded;
        if (!session.Redis.Commit(_read, SessionRecordCodec.Encode(_decision.Record!), rotates))
        {
            if (++_attempts < SessionTransactions.MostAttempts)
            {
                Decide();
            }

            return;
        }

        Conclude();
        session.Revoke(_decision.Revocations);
        if (_decision.Record!.End is { } end)
        {
            session.AcknowledgeEnd(end.Reason, act.Fate == Fate.Answers, act.Answers);
        }
    }

    /// <summary>What has been decided counts from now on, whatever becomes of the answer.</summary>
    private void Conclude()
    {
        session.Trace($"{party}'s {token}, read at {DecidedAt}: {Outcome.Word()}{(Outcome.IsSuccess() ? $" {Returned}" : "")}");
        session.Judge.Decided(this);
        if (act.Fate == Fate.MissesReply && !_missedReply)
        {
            _missedReply = true;
            session.Plan(1, Read);
        }
        else if (act.Fate is Fate.Answers or Fate.MissesReply)
        {
            session.Plan(act.Answers, Answer);
        }
    }

    private void Answer()
    {
        if (Outcome == RefreshOutcome.Theft && !_decision.Commits)
        {
            session.AcknowledgeEnd();
        }

        // The lease, and with it the revocations, are looked at last.
        if (session.Now > _deadline || !Outcome.IsSuccess() || session.EndAcknowledged)
        {
            return;
        }

        session.Judge.Answered(this);
        if (act.Overheard)
        {
            session.Steal(Returned);
            session.Judge.Stolen();
        }

        if (!act.Lost && session.Now + act.Travels <= _sent + _history.T)
        {
            session.Plan(act.Travels, Receive);
        }
    }

    private void Receive()
    {
        session.Trace($"{party} receives {Returned}");
        session.Judge.Received(this);
        if (party == Party.Owner)
        {
            session.Store(Returned);
            session.Judge.Revoked();
        }
        else
        {
            session.Steal(Returned);
        }
    }
}
