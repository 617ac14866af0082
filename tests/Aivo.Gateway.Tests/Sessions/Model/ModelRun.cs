using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>Lets a history happen, and afterwards what has to come of any history once the faults stop.</summary>
internal sealed class ModelRun
{
    private readonly SimulatedSession _session;
    private readonly History _history;

    private ModelRun(History history, RefreshRules rules, List<string>? trace) =>
        (_history, _session) = (history, new SimulatedSession(history, rules, trace));

    /// <param name="trace">Gets what happens, a line for each event.</param>
    /// <returns>Null when every invariant holds.</returns>
    public static (InvariantBrokenException? Broken, int Steps) Of(History history, RefreshRules rules, List<string>? trace = null)
    {
        var run = new ModelRun(history, rules, trace);
        try
        {
            run.Happen();
            run.EndWell();
            return (null, run._session.Steps);
        }
        catch (InvariantBrokenException broken)
        {
            return (broken, run._session.Steps);
        }
    }

    private void Happen()
    {
        long at = 0;
        foreach (Act act in _history.Acts)
        {
            at += act.After;
            _session.Plan(at, () => Begin(act));
        }

        _session.Run();
    }

    private void Begin(Act act)
    {
        switch (act.Kind)
        {
            case ActKind.Send:
                new RefreshCall(_session, act, _session.Stored, Party.Owner).Send();
                break;
            case ActKind.Use:
                Use(act, _session.Stored, Party.Owner);
                break;
            case ActKind.Copy:
                _session.Trace($"thief copies {_session.Stored}");
                _session.Steal(_session.Stored);
                _session.Judge.Stolen();
                break;
            case ActKind.ThiefSend when _session.Stolen.Count > 0:
                _session.Judge.ThiefActs();
                new RefreshCall(_session, act, _session.Stolen[^Math.Min(1 + act.Which, _session.Stolen.Count)], Party.Thief).Send();
                break;
            case ActKind.ThiefUse when _session.Stolen.Count > 0:
                _session.Judge.ThiefActs();
                Use(act, _session.Stolen[^1], Party.Thief);
                break;
            case ActKind.FailOver:
                _session.FailOver(act.Which);
                break;
            case ActKind.Logout:
                End(act, EndReason.Logout);
                break;
            case ActKind.Disable:
                _session.UserActive = false;
                End(act, EndReason.UserDisabled);
                break;
        }
    }

    /// <summary>The note of the first use comes late, or never: nobody waits for it. What is revoked is refused, and not noted.</summary>
    private void Use(Act act, Token token, Party party)
    {
        if (!_session.RevokedTokens.Contains(token.Access.Value))
        {
            _session.Plan(act.Arrives, () => Note(act, token, party));
        }
    }

    private void Note(Act act, Token token, Party party)
    {
        byte[] read = _session.Redis.Bytes;
        long at = _session.Now;
        SessionRecord? noted = SessionLifecycle.MarkUsed(_session.Read(), token.Access, SimulatedSession.At(at));
        if (noted is null || act.Lost)
        {
            return;
        }

        _session.Plan(act.Commits, () =>
        {
            if (_session.Redis.Commit(read, SessionRecordCodec.Encode(noted), false))
            {
                _session.Trace($"{token} noted as used by the {party} at {at}");
                _session.Judge.Used(token, party, at);
            }
        });
    }

    private void End(Act act, EndReason reason)
    {
        _session.Judge.EndRequested();
        _session.Trace($"{reason} requested");
        _session.Plan(act.Arrives + act.Reads, () =>
        {
            if (act.Fate != Fate.StopsBefore)
            {
                _session.CommitEnd(reason);
                _session.AcknowledgeEnd(reason, act.Fate != Fate.StopsAfter, act.Answers);
            }
        });
    }

    /// <summary>From here on nothing is slow and nothing is lost.</summary>
    private void EndWell()
    {
        if (_session.Judge.OwnerIsAlone)
        {
            SucceedInTheEnd();
        }
        else if (_session.Stolen.Count > 0)
        {
            DetectInTheEnd();
        }
    }

    /// <summary>R2: whoever goes on trying, and comes again when told to, is answered.</summary>
    private void SucceedInTheEnd()
    {
        _session.Trace("no fault any more");
        long end = _session.Now + _history.W + _history.Q + 1000;
        while (true)
        {
            RefreshCall call = Call(_session.Stored, Party.Owner);
            if (call.Outcome is not (RefreshOutcome.Later or RefreshOutcome.TooManyRotations))
            {
                return;
            }

            // As the header says it: in whole seconds, at least one.
            _session.Wait(Math.Max(1, (long)Math.Ceiling(call.RetryAfter.TotalSeconds)) * 1000);
            Judge.Require(_session.Now <= end, "R2", $"{call.Presented} gets no answer: {call.Outcome.Word()}");
        }
    }

    /// <summary>R5: a lost write delays the verdict of theft by as many turns as leaves were lost, and never cancels it.</summary>
    private void DetectInTheEnd()
    {
        _session.Trace("no fault any more");
        int most = 3 + (2 * _session.Judge.LostLeaves);
        for (int turn = 0; turn <= most && _session.Read().End is null; turn++)
        {
            _session.Wait(_history.W + _history.Q + _history.T + _history.D + 1);
            RefreshCall call = turn % 2 == 0 ? Call(_session.Stored, Party.Owner) : Call(_session.Stolen[^1], Party.Thief);
            if (call.Outcome is RefreshOutcome.ExpiredIdle or RefreshOutcome.ExpiredAbsolute)
            {
                return;
            }
        }

        Judge.Require(_session.Read().End is not null, "R5", $"theft has not been noticed in {most} turns");
    }

    private RefreshCall Call(Token token, Party party)
    {
        if (party == Party.Thief)
        {
            _session.Judge.ThiefActs();
        }

        var call = new RefreshCall(_session, new Act(ActKind.Send, 0), token, party);
        call.Send();
        _session.Run();
        return call;
    }
}
