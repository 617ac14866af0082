namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>
/// One Redis server. A write is applied at once and reaches the replicas later, one after the other; a replica that missed one, or follows
/// another master, copies all of it.
/// </summary>
internal sealed class SimulatedServer(int number, Fleet fleet)
{
    private readonly List<(long Count, Action<bool> Done)> _waiting = [];
    private List<(long At, Action<DataSet> Write)> _log = [];
    private long _downSince;
    private long _nextDelivery;

    /// <summary>Changes with whom this replica follows, or when that link breaks: what is under way on the former one is lost.</summary>
    private int _link;

    private string? _copiedId;

    /// <summary>Changes when this server stops being the master it is.</summary>
    private int _mastership;

    public int Number => number;

    public DataSet Data { get; } = new();

    public string ReplicationId { get; private set; } = $"replid-{number}-0";

    public SimulatedServer? Follows { get; private set; }

    public bool Up { get; private set; } = true;

    public bool IsMaster => Up && Follows is null;

    /// <summary>When it became the master that it is, with the data it has.</summary>
    public long MasterSince { get; private set; }

    public long Lag { get; set; }

    public bool IsCut { get; private set; }

    public long Writes => _log.Count;

    /// <summary>It has copied all that this master had, in its present mastership, and then some of what came since.</summary>
    public bool IsReplicaOf(SimulatedServer master) => Follows == master && _copiedId == master.ReplicationId;

    /// <param name="write">Reads and changes nothing but the data set: it is done again on the replicas and when the log is read anew.</param>
    public void Write(Action<DataSet> write)
    {
        write(Data);
        _log.Add((fleet.Timeline.Now, write));
        foreach (SimulatedServer replica in fleet.AllServers)
        {
            if (replica.Follows == this)
            {
                replica.Expect(this, _log.Count - 1);
            }
        }
    }

    /// <summary>WAIT, for one who has just written: true once a replica has it and all before, false when the time is over.</summary>
    public void WhenAcknowledged(Action<bool> done)
    {
        if (!fleet.History.Replicated)
        {
            done(true);
            return;
        }

        (long Count, Action<bool> Done) waiter = (_log.Count, done);
        _waiting.Add(waiter);
        fleet.Timeline.After(Fleet.Lease / 2, () =>
        {
            if (_waiting.Remove(waiter))
            {
                done(false);
            }
        });
    }

    public void GoDown()
    {
        (Up, _downSince) = (false, fleet.Timeline.Now);
        EndMastership();
    }

    /// <summary>Comes back as a master. Its replication id is another, its last writes may be lost.</summary>
    public void ReturnAsMaster(long lost, bool empty)
    {
        _log = empty ? [(fleet.Timeline.Now, static data => data.Clear())] : [.. _log.Where(write => write.At <= _downSince - lost)];
        Data.CopyFrom(new DataSet());
        _log.ForEach(logged => logged.Write(Data));
        Up = true;
        Promote();
    }

    public void Return() => Up = true;

    public void Promote()
    {
        (Follows, MasterSince) = (null, fleet.Timeline.Now);
        _link++;
        EndMastership();
        ReplicationId = $"replid-{number}-{_mastership}";
    }

    public void Follow(SimulatedServer master)
    {
        Follows = master;
        int link = ++_link;
        EndMastership();
        fleet.Timeline.After(fleet.Random.Between(5, 30) + Lag, () => CopyAll(master, link));
    }

    public void Cut(bool cut)
    {
        IsCut = cut;
        if (!cut && Follows is { } master)
        {
            Follow(master);
        }
    }

    private void EndMastership()
    {
        _mastership++;
        _waiting.Clear();
    }

    private void CopyAll(SimulatedServer master, int link)
    {
        if (link != _link)
        {
            return;
        }

        if (IsCut || !Up || !master.IsMaster)
        {
            fleet.Timeline.After(50, () => CopyAll(master, link));
            return;
        }

        _copiedId = master.ReplicationId;
        Data.CopyFrom(master.Data);
        _log = [.. master._log];
        Acknowledge(master);
    }

    private void Expect(SimulatedServer master, int index)
    {
        (int link, int mastership) = (_link, master._mastership);
        _nextDelivery = Math.Max(_nextDelivery, fleet.Timeline.Now + Lag + fleet.Random.Between(1, 4));
        fleet.Timeline.At(_nextDelivery, () => Receive(master, index, link, mastership));
    }

    private void Receive(SimulatedServer master, int index, int link, int mastership)
    {
        if (link != _link || mastership != master._mastership || !Up || IsCut || _log.Count != index)
        {
            return;
        }

        (long at, Action<DataSet> write) = master._log[index];
        write(Data);
        _log.Add((at, write));
        Acknowledge(master);
    }

    private void Acknowledge(SimulatedServer master)
    {
        (long count, int mastership) = (_log.Count, master._mastership);
        fleet.Timeline.After(fleet.Random.Between(1, 4), () =>
        {
            if (mastership != master._mastership)
            {
                return;
            }

            for (int i = master._waiting.Count - 1; i >= 0; i--)
            {
                if (master._waiting[i] is var waiter && waiter.Count <= count)
                {
                    master._waiting.RemoveAt(i);
                    waiter.Done(true);
                }
            }
        });
    }
}
