using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// A set of 128-bit ids, each with the time until which it is kept. Look-ups take no lock and allocate nothing; writers take turns.
/// </summary>
/// <remarks>
/// <para>
/// Extendible hashing: the first bits of an id's hash choose a place in the directory, and that names a segment of fixed size. A full
/// segment is split by itself, so the set grows and shrinks by a segment at a time: nothing is ever copied whole, and no moment holds two
/// copies. Only the directory, 8 bytes per segment or two, is doubled.
/// </para>
/// <para>
/// A segment that is replaced stays as it is for those who still read it. Each writer publishes with release semantics what it has
/// written in full, so a look-up that begins after an addition is over finds the id.
/// </para>
/// </remarks>
internal sealed class RevokedIds
{
    /// <summary>
    /// A fuller segment is split, a less full one copied without what was removed from it. Half of it is still so full that an id takes
    /// no more than 64 bytes.
    /// </summary>
    private const int SplitAbove = 412;

    /// <summary>Neighbours that hold no more together become one. Just below <see cref="SplitAbove"/>, for the same bound when the set shrinks.</summary>
    private const int MergeUpTo = 408;

    /// <summary>
    /// Ids are random or hashes, so nobody chooses where they fall for long; the seed takes away the rest, for a segment that would not
    /// split doubles the directory.
    /// </summary>
    private static readonly ulong Seed = RandomSeed();
    private static readonly ulong OtherSeed = RandomSeed();

    private readonly Lock _writing = new();
    private volatile RevokedIdDirectory _directory = new([new RevokedIdSegment(0)], 0);
    private int _segments = 1;
    private int _count;

    /// <summary>How many ids are held.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>What the set takes, without what the garbage collector has still to collect.</summary>
    public long SizeInBytes
    {
        get
        {
            lock (_writing)
            {
                return ((long)_segments * RevokedIdSegment.SizeInBytes) + ((long)_directory.Segments.Length * IntPtr.Size);
            }
        }
    }

    public bool Contains(UInt128 id)
    {
        ulong hash = HashOf(id);
        return _directory.SegmentOf(hash).Contains(id, hash);
    }

    /// <summary>Adds an id, or keeps it longer; of two times the later one stands.</summary>
    public void Add(UInt128 id, DateTimeOffset keepUntil)
    {
        ulong hash = HashOf(id);
        lock (_writing)
        {
            RevokedIdSegment segment = _directory.SegmentOf(hash);
            if (segment.Prolong(id, hash, keepUntil.UtcTicks))
            {
                return;
            }

            while (segment.Used == RevokedIdSegment.MostUsed)
            {
                MakeRoom(segment, hash);
                segment = _directory.SegmentOf(hash);
            }

            segment.Add(id, hash, keepUntil.UtcTicks);
            Volatile.Write(ref _count, _count + 1);
        }
    }

    /// <summary>Removes what is kept until an earlier time, and gives back the memory; returns how many.</summary>
    public int Remove(DateTimeOffset before)
    {
        int removed = 0;
        ulong first = 0;
        do
        {
            // Segment by segment: whoever adds waits for one of them and not for all.
            lock (_writing)
            {
                RevokedIdSegment segment = _directory.SegmentOf(first);
                int here = segment.Remove(before.UtcTicks);
                removed += here;
                Volatile.Write(ref _count, _count - here);
                first = NextAfter(first, segment.Depth);
            }
        }
        while (first != 0);

        lock (_writing)
        {
            // Above it hardly any two neighbours can become one.
            if (_segments > 1 && _count < (long)_segments * (MergeUpTo / 2))
            {
                Shrink();
            }
            else if (_count == 0 && _directory.Segments[0].Used > 0)
            {
                _directory = new RevokedIdDirectory([new RevokedIdSegment(0)], 0);
            }
        }

        return removed;
    }

    /// <summary>Everything that was added before the call and not removed, each once, in no order.</summary>
    public IEnumerable<(UInt128 Id, DateTimeOffset KeepUntil)> Held()
    {
        ulong first = 0;
        do
        {
            RevokedIdSegment segment = _directory.SegmentOf(first);
            foreach ((UInt128 id, long keepUntil) in segment.Held())
            {
                // One that has meanwhile become one with its neighbour holds ids that were seen there.
                if (HashOf(id) >= first)
                {
                    yield return (id, new DateTimeOffset(keepUntil, TimeSpan.Zero));
                }
            }

            first = NextAfter(first, segment.Depth);
        }
        while (first != 0);
    }

    /// <summary>The lowest hash above those of the segment that holds this one; 0 after the last segment.</summary>
    private static ulong NextAfter(ulong hash, int depth) => depth == 0 ? 0 : ((hash >> (64 - depth)) + 1) << (64 - depth);

    /// <summary>Replaces a segment by a copy without what was removed, or by two.</summary>
    private void MakeRoom(RevokedIdSegment full, ulong hash)
    {
        if (full.Count <= SplitAbove)
        {
            var copy = new RevokedIdSegment(full.Depth);
            Copy(full, _ => copy);
            _directory.Set(hash, copy);
            return;
        }

        if (full.Depth == _directory.Depth)
        {
            RevokedIdSegment[] doubled = new RevokedIdSegment[_directory.Segments.Length * 2];
            for (int place = 0; place < doubled.Length; place++)
            {
                doubled[place] = _directory.Segments[place / 2];
            }

            _directory = new RevokedIdDirectory(doubled, _directory.Depth + 1);
        }

        var lower = new RevokedIdSegment(full.Depth + 1);
        var upper = new RevokedIdSegment(full.Depth + 1);
        ulong bit = 1UL << (63 - full.Depth);
        Copy(full, idHash => (idHash & bit) == 0 ? lower : upper);
        _directory.Set(hash & ~bit, lower);
        _directory.Set(hash | bit, upper);
        _segments++;
    }

    /// <summary>Makes one of neighbours that are nearly empty, and the directory as small as the deepest of the rest allows.</summary>
    private void Shrink()
    {
        var segments = new List<RevokedIdSegment>();
        Merge(0, _directory.Segments.Length, 0, segments);
        int depth = segments.Max(segment => segment.Depth);
        var directory = new RevokedIdSegment[1 << depth];
        int place = 0;
        foreach (RevokedIdSegment segment in segments)
        {
            int width = 1 << (depth - segment.Depth);
            directory.AsSpan(place, width).Fill(segment);
            place += width;
        }

        _segments = segments.Count;
        _directory = new RevokedIdDirectory(directory, depth);
    }

    private void Merge(int from, int width, int depth, List<RevokedIdSegment> merged)
    {
        RevokedIdSegment only = _directory.Segments[from];
        if (only.Depth <= depth)
        {
            merged.Add(only);
            return;
        }

        RevokedIdSegment[] parts = [.. Enumerable.Range(from, width).Select(place => _directory.Segments[place]).Distinct()];
        if (parts.Sum(part => part.Count) > MergeUpTo)
        {
            Merge(from, width / 2, depth + 1, merged);
            Merge(from + (width / 2), width / 2, depth + 1, merged);
            return;
        }

        var one = new RevokedIdSegment(depth);
        foreach (RevokedIdSegment part in parts)
        {
            Copy(part, _ => one);
        }

        merged.Add(one);
    }

    private static void Copy(RevokedIdSegment from, Func<ulong, RevokedIdSegment> to)
    {
        foreach ((UInt128 id, long keepUntil) in from.Held())
        {
            ulong hash = HashOf(id);
            to(hash).Add(id, hash, keepUntil);
        }
    }

    /// <summary>A 128-bit product, folded: each bit of the id reaches the first bits, and the last ones.</summary>
    private static ulong HashOf(UInt128 id)
    {
        ulong high = Math.BigMul((ulong)id ^ Seed, (ulong)(id >> 64) ^ OtherSeed, out ulong low);
        return high ^ low;
    }

    private static ulong RandomSeed()
    {
        ulong seed = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        return seed;
    }
}
