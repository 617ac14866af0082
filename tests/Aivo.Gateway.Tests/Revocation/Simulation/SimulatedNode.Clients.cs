using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <content>What clients ask of it.</content>
internal sealed partial class SimulatedNode
{
    private readonly List<(int Session, EndConfirmation Confirmation, long IssuedAt)> _ends = [];
    private readonly List<(int Session, Action Abort)> _inFlight = [];

    public void Logout(int session)
    {
        _fleet.Judge.Requested(session);
        if (State.Epoch is not { } epoch || !IsRunning)
        {
            return;
        }

        Call<Committed>(
            (server, answer) => answer(_fleet.Scripts.End(server, epoch, session)),
            committed =>
            {
                Apply(1UL << session);
                IEnumerable<LeaseField> others = _fleet.History.Confirm ? committed.Leases.Where(field => field.Node != State.Node) : [];
                _ends.Add((session, new EndConfirmation
                {
                    Epoch = epoch,
                    Number = committed.Number,
                    CommittedAt = _fleet.Timeline.Now,
                    Others = [.. others],
                }, committed.At));
                if (_pausing)
                {
                    Sync();
                }
            },
            () => { });
    }

    /// <param name="session">Whose token it has.</param>
    /// <param name="wait">First for something of ours, then for a connection.</param>
    public void Forward(int session, long wait)
    {
        bool passes = Passes(session);
        _fleet.Timeline.After(wait, () => Deliver(() =>
        {
            if (!(_fleet.ScriptRules.ChecksLast ? Passes(session) : passes))
            {
                return;
            }

            _fleet.Judge.Passed(this, session);
            bool aborted = false;
            _inFlight.Add((session, () => aborted = _fleet.ScriptRules.AbortsRequestsInFlight));
            _fleet.Timeline.After(wait, () => Deliver(() =>
            {
                // Without a lease it may be one that was checked long ago: those are judged by the time of the check.
                if (!aborted && IsFresh)
                {
                    _fleet.Judge.Passed(this, session);
                }
            }));
        }));
    }

    public bool Passes(int session) => IsRunning && IsFresh && (Known & (1UL << session)) == 0 && _fleet.Judge.TokenStands(this, session);

    private void JudgeEnds(SyncReply reply, long sentAt)
    {
        foreach ((int Session, EndConfirmation Confirmation, long IssuedAt) end in _ends.ToArray())
        {
            EndStep step = end.Confirmation.Judge(reply, State, sentAt, _fleet.Timeline.Now, Fleet.Lease, _fleet.Rules);
            if (step.Verdict != EndVerdict.Waiting)
            {
                _ends.Remove(end);
            }

            if (step.Verdict == EndVerdict.Confirmed)
            {
                _fleet.Judge.Answered(end.Session, end.IssuedAt, end.Confirmation.Epoch);
            }

            if (!step.Silent.IsEmpty)
            {
                Call((server, answer) => answer(_fleet.Scripts.RemoveSilent(server, end.Confirmation.Epoch, step.Silent)), _ => { }, () => { });
            }
        }
    }

    private void Apply(ulong sessions)
    {
        Known |= sessions;
        _inFlight.ForEach(request =>
        {
            if ((sessions & (1UL << request.Session)) != 0)
            {
                request.Abort();
            }
        });
    }
}
