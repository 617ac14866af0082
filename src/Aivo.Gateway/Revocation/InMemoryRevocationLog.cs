using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>The log of an embedded node. It lives as long as the process, and so do the sessions it is about.</summary>
internal sealed class InMemoryRevocationLog(TimeProvider timeProvider) : IRevocationLog
{
    private readonly Lock _lock = new();
    private readonly List<(long Number, RevocationEntry Entry)> _entries = [];
    private long _last;

    public bool IsShared => false;

    /// <summary>Appends, and drops what is past its keep-until.</summary>
    public void Append(IReadOnlyList<RevocationEntry> entries)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        lock (_lock)
        {
            _entries.RemoveAll(held => held.Entry.KeepUntil < now);
            foreach (RevocationEntry entry in entries)
            {
                _entries.Add((++_last, entry));
            }
        }
    }

    public ValueTask<RevocationDelta> ReadAsync(long cursor, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            int first = _entries.FindIndex(held => held.Number > cursor);
            List<(long Number, RevocationEntry Entry)> above =
                first < 0 ? [] : _entries.GetRange(first, Math.Min(RevocationDelta.MostEntries, _entries.Count - first));
            long reached = above.Count < RevocationDelta.MostEntries ? _last : above[^1].Number;
            return ValueTask.FromResult(new RevocationDelta(
                "memory", _last, reached, above.ConvertAll(held => held.Entry), timeProvider.GetUtcNow()));
        }
    }
}
