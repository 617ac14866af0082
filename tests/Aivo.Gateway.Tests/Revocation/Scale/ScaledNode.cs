using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Revocation.Simulation;

namespace Aivo.Gateway.Tests.Revocation.Scale;

/// <summary>One node of a fleet: the product's steps, and the pauses of its driver.</summary>
internal sealed class ScaledNode
{
    private readonly FleetLoad _load;
    private readonly Timeline _timeline;
    private readonly ScaledLog _log;
    private readonly List<(EndConfirmation End, long AskedAt)> _waiting = [];
    private LeaseState _own;
    private bool _woken;
    private long _turn;
    private bool _pauses;

    public ScaledNode(string name, FleetLoad load, Timeline timeline, ScaledLog log)
    {
        (_load, _timeline, _log) = (load, timeline, log);
        _own = new LeaseState { Node = name, Epoch = ScaledLog.Epoch, Restored = true };
        log.Subscribe(Wake);
    }

    /// <summary>Microseconds from a logout to its 204.</summary>
    public List<long> Confirmed { get; } = [];

    public int Failed { get; private set; }

    public int Syncs { get; private set; }

    public int Lapsed { get; private set; }

    public void Logout()
    {
        long askedAt = _timeline.Now;
        _log.Commit(commit =>
        {
            _waiting.Add((new EndConfirmation
            {
                Epoch = ScaledLog.Epoch,
                Number = commit.Number,
                CommittedAt = _timeline.Now,
                Others = [.. commit.Leases.Where(field => field.Node != _own.Node)],
            }, askedAt));
            Wake();
        });
    }

    public void Sync()
    {
        long turn = ++_turn;
        (_woken, _pauses) = (false, false);
        Syncs++;
        Lapsed += _own.FreshUntil != LeaseState.Never && !_own.IsFreshAt(_timeline.Now) ? 1 : 0;
        long sentAt = _timeline.Now;
        (_own, SyncRequest request) = RevocationLease.Sent(_own, sentAt);
        _log.Sync(request, _waiting.Exists(wait => wait.End.Others.Length > 0), reply =>
        {
            if (turn == _turn)
            {
                Take(reply, sentAt);
            }
        });
        _timeline.After(_load.Lease, () =>
        {
            // No answer in time.
            if (turn == _turn && _own.SentAt is not null)
            {
                _own = RevocationLease.Failed(_own);
                Pause(_load.SyncInterval / 2);
            }
        });
    }

    private void Take(SyncReply reply, long sentAt)
    {
        _own = RevocationLease.Received(_own, reply, _timeline.Now, _load.Lease).State;
        _waiting.RemoveAll(wait =>
        {
            EndVerdict verdict = wait.End.Judge(reply, _own, sentAt, _timeline.Now, _load.Lease).Verdict;
            if (verdict == EndVerdict.Confirmed)
            {
                Confirmed.Add(_timeline.Now - wait.AskedAt);
            }

            Failed += verdict == EndVerdict.Failed ? 1 : 0;
            return verdict != EndVerdict.Waiting;
        });
        Pause(reply.Entries.Count > 0 || _waiting.Count > 0 ? _load.LeastPause : _load.SyncInterval);
    }

    /// <summary>The least pause always; of a longer one the rest, unless there is news meanwhile.</summary>
    private void Pause(long pause)
    {
        long turn = ++_turn;
        _timeline.After(Math.Min(pause, _load.LeastPause), () =>
        {
            if (turn != _turn)
            {
                return;
            }

            if (_woken || pause <= _load.LeastPause)
            {
                Sync();
                return;
            }

            _pauses = true;
            _timeline.After(pause - _load.LeastPause, () =>
            {
                if (turn == _turn)
                {
                    Sync();
                }
            });
        });
    }

    private void Wake()
    {
        _woken = true;
        if (_pauses)
        {
            Sync();
        }
    }
}
