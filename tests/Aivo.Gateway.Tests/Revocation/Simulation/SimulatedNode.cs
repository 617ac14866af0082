using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>One gateway process: the driver of the steps, as short as it can be, and requests that pass or do not.</summary>
internal sealed partial class SimulatedNode
{
    private readonly Fleet _fleet;
    private readonly List<Action> _deferred = [];
    private SimulatedServer _server;
    private ulong _inLog;
    private long _pausedUntil;
    private int _pause;
    private bool _pausing;

    public SimulatedNode(Fleet fleet, int slot, string name)
    {
        (_fleet, Slot, State) = (fleet, slot, new LeaseState { Node = name });
        _server = fleet.MasterAsSeenBy(slot);
        fleet.Timeline.After(1, () => Deliver(Sync));
    }

    public int Slot { get; }

    public LeaseState State { get; private set; }

    /// <summary>The sessions it knows to have ended.</summary>
    public ulong Known { get; private set; }

    public bool IsAlive { get; private set; } = true;

    public bool IsRunning => IsAlive && !IsStopping && _fleet.Timeline.Now >= _pausedUntil;

    public bool IsFresh => State.IsFreshAt(_fleet.Timeline.Now);

    private bool IsStopping { get; set; }

    public void Crash() => IsAlive = false;

    public void PauseUntil(long time)
    {
        _pausedUntil = Math.Max(_pausedUntil, time);
        _fleet.Timeline.At(time, Resume);
    }

    /// <summary>Serves no more, ends what is in flight, syncs no more, and removes its lease field.</summary>
    public void Stop()
    {
        IsStopping = true;
        _pause++;
        if (_fleet.ScriptRules.LeavesLast)
        {
            _inFlight.ForEach(static request => request.Abort());
        }

        if (State.Epoch is { } epoch)
        {
            Call((server, answer) => answer(_fleet.Scripts.Leave(server, epoch, State.Node)), _ => { }, () => { });
        }
    }

    /// <summary>Runs something of this process, now or when it is no longer paused.</summary>
    public void Deliver(Action action)
    {
        if (!IsAlive)
        {
            return;
        }

        if (_fleet.Timeline.Now < _pausedUntil)
        {
            _deferred.Add(action);
            return;
        }

        action();
        _fleet.Judge.Check(this);
    }

    private void Resume()
    {
        if (_fleet.Timeline.Now >= _pausedUntil)
        {
            List<Action> deferred = [.. _deferred];
            _deferred.Clear();
            deferred.ForEach(Deliver);
        }
    }

    private void Sync()
    {
        if (IsStopping)
        {
            return;
        }

        _pausing = false;
        _pause++;
        long sentAt = _fleet.Timeline.Now;
        (State, SyncRequest request) = RevocationLease.Sent(State, sentAt);
        Call<SyncReply>(
            (server, answer) =>
            {
                SyncReply? reply = _fleet.Scripts.Sync(server, request);
                if (reply is { Outcome: SyncOutcome.Read })
                {
                    server.WhenAcknowledged(acknowledged => answer(reply with { Acknowledged = acknowledged }));
                }
                else
                {
                    answer(reply);
                }
            },
            reply => Received(reply, sentAt),
            () =>
            {
                State = RevocationLease.Failed(State);
                AskForMaster();
            });
    }

    private void Received(SyncReply reply, long sentAt)
    {
        ulong entries = reply.Entries.Aggregate(0UL, static (bits, entry) => bits | (1UL << (int)entry.Id));
        Apply(entries);
        LeaseStep step = RevocationLease.Received(State, reply, _fleet.Timeline.Now, Fleet.Lease, _fleet.Rules);
        _inLog = step.State.Epoch == State.Epoch ? _inLog | entries : 0;
        _fleet.Judge.Extended(this, State.Since, step.State.Since, reply.Floor);
        State = step.State;
        _fleet.Judge.Check(this);
        JudgeEnds(reply, sentAt);
        string epoch = State.Epoch ?? "";
        switch (step.Action)
        {
            case LeaseAction.Pause:
                SyncAfter(Fleet.Interval);
                break;
            case LeaseAction.SyncAtOnce:
                Sync();
                break;
            case LeaseAction.AskForMaster:
                AskForMaster();
                break;
            case LeaseAction.Begin:
                string next = $"epoch-{State.Node}-{State.Sequence}";
                CallThenSync((server, answer) => answer(_fleet.Scripts.Begin(server, reply.Epoch, next)));
                break;
            case LeaseAction.Open:
                CallThenSync((server, answer) => answer(_fleet.Scripts.Open(server, epoch)));
                break;
            case LeaseAction.Restore:
                Restore(epoch, step.LowerSinceTo);
                break;
            default:
                throw new InvalidOperationException($"{step.Action}");
        }
    }

    private void Restore(string epoch, long? since)
    {
        ulong missing = _fleet.ScriptRules.Restores ? Known & ~_inLog : 0;
        if (missing != 0)
        {
            Call((server, answer) => answer(_fleet.Scripts.Restore(server, epoch, missing)), _ => LowerSince(epoch, since), AskForMaster);
        }
        else
        {
            LowerSince(epoch, since);
        }
    }

    private void LowerSince(string epoch, long? since)
    {
        if (since is { } lower)
        {
            Call((server, answer) => answer(_fleet.Scripts.LowerSince(server, epoch, lower)), _ => Restored(epoch), AskForMaster);
        }
        else
        {
            Restored(epoch);
        }
    }

    private void Restored(string epoch)
    {
        State = RevocationLease.Restored(State, epoch);
        Sync();
    }

    /// <summary>On a new connection, with a pause, so that a server in trouble is left alone.</summary>
    private void AskForMaster()
    {
        if (_fleet.ScriptRules.AsksForMaster)
        {
            _server = _fleet.MasterAsSeenBy(Slot);
        }

        SyncAfter(Fleet.Interval / 2);
    }

    private void SyncAfter(long delay)
    {
        _pausing = true;
        int pause = ++_pause;
        _fleet.Timeline.After(delay, () => Deliver(() =>
        {
            if (pause == _pause)
            {
                Sync();
            }
        }));
    }

    private void CallThenSync(Action<SimulatedServer, Action<object?>> execute) => Call(execute, _ => Sync(), AskForMaster);

    private void Call(Action<SimulatedServer, Action<object?>> execute, Action<object> replied, Action failed) =>
        Call<object>(execute, replied, failed);

    private void Call<T>(Action<SimulatedServer, Action<T?>> execute, Action<T> replied, Action failed) where T : class =>
        _fleet.Network.Call(this, _server, execute, replied, failed);
}
