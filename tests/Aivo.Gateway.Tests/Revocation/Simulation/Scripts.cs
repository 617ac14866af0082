using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>What the commit of an end returns.</summary>
/// <param name="At">By the server's wall clock: no access token of the session is issued later.</param>
internal sealed record Committed(long Number, IReadOnlyList<LeaseField> Leases, long At);

/// <summary>What the scripts of one shard do. Null: the server is a replica, or the epoch is not the caller's, and nothing was written.</summary>
internal sealed class Scripts(Fleet fleet)
{
    private static readonly object Done = new();

    private ScriptRules Rules => fleet.ScriptRules;

    public SyncReply? Sync(SimulatedServer server, SyncRequest request)
    {
        DataSet data = server.Data;
        if (!server.IsMaster)
        {
            return null;
        }

        if (data.Epoch is null || !IsOfThisServer(server))
        {
            return new SyncReply { Outcome = SyncOutcome.BeginNeeded, Epoch = data.Epoch };
        }

        if (request.Epoch is null || (data.Epoch != request.Epoch && Rules.ComparesEpoch))
        {
            return new SyncReply { Outcome = SyncOutcome.OtherEpoch, Epoch = data.Epoch };
        }

        (List<int> page, long reached) = data.Above(request.Applied);
        long at = fleet.WallClock;
        var field = new LeaseField(request.Node, request.Sequence, Rules.RecordsWhatIsApplied ? request.Applied : reached);
        server.Write(written => written.SetLease(field, at));
        return new SyncReply
        {
            Outcome = SyncOutcome.Read,
            Epoch = data.Epoch,
            Open = data.Open,
            Since = data.Since,
            Floor = data.Floor,
            Last = data.Last,
            Reached = reached,
            Entries = page.ConvertAll(session => new RevocationEntry(RevocationKind.Session, (UInt128)session, default)),
            Leases = Leases(data),
        };
    }

    public object? Begin(SimulatedServer server, string? found, string epoch)
    {
        if (!server.IsMaster
            || (Rules.BeginsByCompareAndSet && (server.Data.Epoch != found || (found is not null && IsOfThisServer(server)))))
        {
            return null;
        }

        (long now, string replicationId) = (fleet.WallClock, server.ReplicationId);
        server.Write(data =>
        {
            data.Floor = data.Epoch is null ? now : data.Floor;
            (data.Epoch, data.ReplicationId, data.Open, data.Since) = (epoch, replicationId, false, now);
            data.Leases.Clear();
        });
        return Done;
    }

    public object? Open(SimulatedServer server, string epoch)
    {
        if (!IsIn(server, epoch))
        {
            return null;
        }

        if (!server.Data.Open)
        {
            server.Write(static data => data.Open = true);
            fleet.Judge.Opened(server);
        }

        return Done;
    }

    public object? LowerSince(SimulatedServer server, string epoch, long since) => WriteIn(
        server, epoch, data => data.Since = Math.Min(data.Since, Math.Max(since, data.Floor)));

    public object? Restore(SimulatedServer server, string epoch, ulong sessions)
    {
        bool tombstones = Rules.RestoresTombstones;
        return WriteIn(server, epoch, data =>
        {
            data.Tombstones |= tombstones ? sessions : 0;
            Fleet.ForEach(sessions, session => data.Append(session));
        });
    }

    public Committed? End(SimulatedServer server, string epoch, int session)
    {
        if (!IsIn(server, epoch) || !server.Data.Open)
        {
            return null;
        }

        bool keepsNumbers = Rules.KeepsNumbers;
        server.Write(data =>
        {
            data.Tombstones |= 1UL << session;
            data.Append(session, keepsNumbers);
        });
        return new Committed(server.Data.NumberOf(session), Leases(server.Data), fleet.WallClock);
    }

    public object? RemoveSilent(SimulatedServer server, string epoch, IReadOnlyList<LeaseField> silent)
    {
        bool compares = Rules.ComparesBeforeRemoval;
        return WriteIn(server, epoch, data => data.Leases.RemoveAll(held =>
            silent.Any(field => field.Node == held.Field.Node && (field.Sequence == held.Field.Sequence || !compares))));
    }

    public object? Leave(SimulatedServer server, string epoch, string node) =>
        WriteIn(server, epoch, data => data.Leases.RemoveAll(held => held.Field.Node == node));

    private object? WriteIn(SimulatedServer server, string epoch, Action<DataSet> write)
    {
        if (!IsIn(server, epoch))
        {
            return null;
        }

        server.Write(write);
        return Done;
    }

    private bool IsIn(SimulatedServer server, string epoch) =>
        server.IsMaster && IsOfThisServer(server) && server.Data.Epoch is { } present && (present == epoch || !Rules.ComparesEpoch);

    private bool IsOfThisServer(SimulatedServer server) =>
        !Rules.ComparesReplicationId || server.Data.ReplicationId == server.ReplicationId;

    private List<LeaseField> Leases(DataSet data) =>
        [.. data.Leases.Where(held => Rules.KeepsLeaseFields || fleet.WallClock - held.WrittenAt < 2 * Fleet.Lease).Select(held => held.Field)];
}
