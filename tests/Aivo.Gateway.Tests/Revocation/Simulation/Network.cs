namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>Requests from nodes to servers, and their replies. A request may be executed long after its sender gave it up.</summary>
internal sealed class Network(Fleet fleet)
{
    private readonly long[] _cutUntil = new long[Fleet.MostNodes];
    private readonly (long Until, long Most)[] _slow = new (long, long)[Fleet.MostNodes];

    public void Cut(int slot, long until) => _cutUntil[slot] = Math.Max(_cutUntil[slot], until);

    public void Slow(int slot, long until, long most) => _slow[slot] = (until, most);

    /// <param name="node">One of its answers comes, on the node's own time, unless it has ended.</param>
    /// <param name="server">Which executes the request if it can be reached.</param>
    /// <param name="execute">Answers null where the server refuses.</param>
    /// <param name="replied">The answer came in time.</param>
    /// <param name="failed">It was refused, or did not come in time: it may have been executed all the same, or may yet be.</param>
    public void Call<T>(
        SimulatedNode node, SimulatedServer server, Action<SimulatedServer, Action<T?>> execute, Action<T> replied, Action failed)
        where T : class
    {
        bool decided = false;
        Travel(node.Slot, () =>
        {
            if (server.Up)
            {
                execute(server, answer => Travel(node.Slot, () => node.Deliver(() => Decide(answer))));
            }
            else
            {
                Travel(node.Slot, () => node.Deliver(() => Decide(null)));
            }
        });
        fleet.Timeline.After(Fleet.Lease, () => node.Deliver(() => Decide(null)));

        void Decide(T? answer)
        {
            if (decided)
            {
                return;
            }

            decided = true;
            if (answer is null)
            {
                failed();
            }
            else
            {
                replied(answer);
            }
        }
    }

    private void Travel(int slot, Action arrive)
    {
        SeededRandom random = fleet.Random;
        long now = fleet.Timeline.Now;
        long delay = random.Between(1, now < _slow[slot].Until ? Math.Max(8, _slow[slot].Most) : 8);
        int noise = fleet.IsQuiet ? 1_000 : random.Below(1_000);
        if (noise < fleet.History.Noise)
        {
            fleet.Judge.Fault(slot, now + Fleet.Lease);
            return;
        }

        if (noise < 2 * fleet.History.Noise)
        {
            delay += random.Between(50, 2 * Fleet.Lease);
        }

        if (delay > 8)
        {
            fleet.Judge.Fault(slot, now + delay);
        }

        fleet.Timeline.After(delay, () =>
        {
            if (fleet.Timeline.Now >= _cutUntil[slot])
            {
                arrive();
            }
        });
    }
}
