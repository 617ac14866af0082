namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// One session in a Redis that can lose its last writes. The bytes are all that the code under test finds again; the clock is the
/// simulation's, and goes on.
/// </summary>
internal sealed class VirtualRedis
{
    private readonly List<Write> _writes = [];
    private int _waitedFor;
    private int _lastId;

    private sealed record Write(int Id, byte[] Bytes, bool Rotates);

    public byte[] Bytes => _writes[^1].Bytes;

    /// <summary>The write that the present bytes come from.</summary>
    public int LastId => _writes[^1].Id;

    /// <param name="expected">Null for the first write.</param>
    /// <param name="rotates">Whether a leaf is made by it.</param>
    public bool Commit(byte[]? expected, byte[] bytes, bool rotates)
    {
        if (expected is not null && !expected.AsSpan().SequenceEqual(Bytes))
        {
            return false;
        }

        _writes.Add(new Write(++_lastId, bytes, rotates));
        return true;
    }

    /// <summary>From now on the write cannot be lost: a replica has it.</summary>
    /// <returns>Whether it is still there.</returns>
    public bool WaitFor(int write)
    {
        int index = _writes.FindIndex(candidate => candidate.Id == write);
        _waitedFor = Math.Max(_waitedFor, index);
        return index >= 0;
    }

    /// <returns>How many leaves were lost, and how many writes.</returns>
    public (int Leaves, int Writes) FailOver(int most)
    {
        int lost = Math.Min(most, _writes.Count - 1 - _waitedFor);
        int leaves = _writes[^lost..].Count(write => write.Rotates);
        _writes.RemoveRange(_writes.Count - lost, lost);
        return (leaves, lost);
    }
}
