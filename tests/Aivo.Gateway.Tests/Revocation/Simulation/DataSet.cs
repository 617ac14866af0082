using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>What the keys of one shard hold. Sessions are numbers, sets of them are bits.</summary>
internal sealed class DataSet
{
    private readonly long[] _numbers = new long[Fleet.Sessions];

    public string? Epoch { get; set; }

    public string ReplicationId { get; set; } = "";

    public bool Open { get; set; }

    public long Since { get; set; }

    public long Floor { get; set; }

    public long Last { get; private set; }

    /// <summary>False once everything was lost: no session, so none that could come back to life.</summary>
    public bool HasSessions { get; private set; } = true;

    public ulong Tombstones { get; set; }

    /// <summary>The sessions with an entry.</summary>
    public ulong Entries { get; private set; }

    public List<(LeaseField Field, long WrittenAt)> Leases { get; } = [];

    public long NumberOf(int session) => _numbers[session];

    /// <param name="session">Whose entry is added; it is there only once.</param>
    /// <param name="keepsNumber">Whether one that is there already stays where it is.</param>
    public void Append(int session, bool keepsNumber = true)
    {
        if (_numbers[session] == 0 || !keepsNumber)
        {
            _numbers[session] = ++Last;
            Entries |= 1UL << session;
        }
    }

    /// <summary>The sessions with entries above a number, by number, one page at most; and the number all is known up to with them.</summary>
    public (List<int> Page, long Reached) Above(long number)
    {
        if (Last <= number)
        {
            return ([], Last);
        }

        List<int> page = [.. Enumerable.Range(0, Fleet.Sessions)
            .Where(session => _numbers[session] > number).OrderBy(session => _numbers[session]).Take(Fleet.Page)];
        return (page, page.Count < Fleet.Page ? Last : _numbers[page[^1]]);
    }

    public void SetLease(LeaseField field, long at)
    {
        Leases.RemoveAll(held => held.Field.Node == field.Node);
        Leases.Add((field, at));
    }

    public void Clear()
    {
        CopyFrom(new DataSet());
        HasSessions = false;
    }

    public void CopyFrom(DataSet other)
    {
        other._numbers.CopyTo(_numbers, 0);
        (Epoch, ReplicationId, Open, Since, Floor, Last) = (other.Epoch, other.ReplicationId, other.Open, other.Since, other.Floor, other.Last);
        (HasSessions, Tombstones, Entries) = (other.HasSessions, other.Tombstones, other.Entries);
        Leases.Clear();
        Leases.AddRange(other.Leases);
    }
}
