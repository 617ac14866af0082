namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <content>What happens to it.</content>
internal sealed partial class Fleet
{
    private void Do(Act act)
    {
        int slot = act.Who % History.Nodes;
        SimulatedNode? node = _nodes[slot] is { IsAlive: true } alive ? alive : null;
        SimulatedServer server = AllServers[act.Who % AllServers.Length];
        long until = Timeline.Now + act.For;
        switch (act.What)
        {
            case Happening.Logout:
                node?.Deliver(() => node.Logout((int)act.Extra));
                break;
            case Happening.Forward:
                node?.Deliver(() => node.Forward((int)act.Extra, act.For));
                break;
            case Happening.Pause:
                Judge.Fault(slot, until);
                node?.PauseUntil(until);
                break;
            case Happening.Crash when node is not null:
                node.Crash();
                StartAgain(slot, until);
                break;
            case Happening.Stop when node is { IsRunning: true }:
                node.Stop();
                Timeline.At(until, node.Crash);
                StartAgain(slot, until);
                break;
            case Happening.Cut:
                Judge.Fault(slot, until);
                Network.Cut(slot, until);
                break;
            case Happening.Slow:
                Judge.Fault(slot, until);
                Network.Slow(slot, until, act.Extra);
                break;
            case Happening.Restart when Master.Up:
                Restart(Master, until, act.Extra, empty: false);
                break;
            case Happening.EmptyRestart when Master.Up:
                Restart(Master, until, 0, empty: true);
                break;
            case Happening.Flush when Master.Up:
                Judge.Fault(Timeline.Now);
                Master.Write(static data => data.Clear());
                break;
            case Happening.Promote:
                Promote(until, act);
                break;
            case Happening.Lag:
                Judge.Fault(until);
                server.Lag = act.Extra;
                Timeline.At(until, () => server.Lag = 0);
                break;
            case Happening.CutReplica:
                Judge.Fault(until);
                server.Cut(true);
                Timeline.At(until, () => server.Cut(false));
                break;
            case Happening.JumpClock:
                Judge.ClockJumped();
                _clockOffset += act.Extra;
                break;
            default:
                break;
        }
    }

    private void Restart(SimulatedServer server, long until, long lost, bool empty)
    {
        Judge.Fault(until);
        server.GoDown();
        Timeline.At(until, () =>
        {
            server.ReturnAsMaster(lost, empty);
            Array.ForEach(AllServers, other => FollowAgain(other, server));
            if (server == Master)
            {
                Array.ForEach(AllServers, FollowUnlessMaster);
            }
            else
            {
                FollowLater(server, Timeline.Now + Lease);
            }
        });
    }

    private void Promote(long until, Act act)
    {
        SimulatedServer former = Master;
        SimulatedServer[] ready = [.. AllServers.Where(server => server.Up && server != former)
            .OrderBy(server => server.IsReplicaOf(former)).ThenBy(server => server.Writes)];
        if (ready.Length == 0)
        {
            return;
        }

        Judge.Fault(until + 100);
        Master = (act.Extra & 1) == 1 ? ready[0] : ready[^1];
        if (Master == ready[^1] && Master.IsReplicaOf(former) && former.Data.ReplicationId == former.ReplicationId)
        {
            Judge.PromotedMostAdvanced(former, Master);
        }

        Master.Promote();
        foreach (SimulatedServer server in AllServers)
        {
            FollowLater(server, until);
        }

        for (int slot = 0; slot < History.Nodes; slot++)
        {
            if (((act.Extra >> (slot + 1)) & 1) == 1)
            {
                Judge.Fault(slot, until);
                _toldWrongly[slot] = (former, until);
            }
        }
    }

    private void FollowLater(SimulatedServer server, long latest)
    {
        long at = Timeline.Now + Random.Between(1, Math.Max(1, latest - Timeline.Now));
        Judge.Fault(at + 100);
        Timeline.At(at, () => FollowUnlessMaster(server));
    }

    private void FollowUnlessMaster(SimulatedServer server)
    {
        if (server != Master && server.Up)
        {
            server.Follow(Master);
        }
    }

    private static void FollowAgain(SimulatedServer server, SimulatedServer master)
    {
        if (server.Follows == master)
        {
            server.Follow(master);
        }
    }
}
