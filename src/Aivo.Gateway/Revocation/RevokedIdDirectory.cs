namespace Aivo.Gateway.Revocation;

/// <summary>Which segment holds the ids whose hash begins with so many bits. Places are overwritten; the array is replaced to grow or shrink.</summary>
internal sealed class RevokedIdDirectory(RevokedIdSegment[] segments, int depth)
{
    // A shift by 64 would be one by 0.
    private readonly int _shift = 63 - depth;

    public RevokedIdSegment[] Segments { get; } = segments;

    public int Depth { get; } = depth;

    public RevokedIdSegment SegmentOf(ulong hash) => Volatile.Read(ref Segments[hash >> 1 >> _shift]);

    public void Set(ulong hash, RevokedIdSegment segment)
    {
        int width = 1 << (Depth - segment.Depth);
        int first = (int)(hash >> 1 >> _shift) & ~(width - 1);
        for (int place = first; place < first + width; place++)
        {
            Volatile.Write(ref Segments[place], segment);
        }
    }
}
