using System.Numerics;
using System.Runtime.CompilerServices;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// A table of at most <see cref="MostUsed"/> ids: those whose hash begins with the same <see cref="Depth"/> bits. One object without
/// references, too small for the large object heap. Writers hold <see cref="RevokedIds"/>'s lock, readers nothing.
/// </summary>
/// <remarks>
/// A slot is written once: id and keep-until first, then its tag with release semantics, which readers read with acquire semantics. So
/// nobody sees half an id, on ARM either. A removed slot keeps its id and is not used again; what has been removed takes room until the
/// segment is copied.
/// </remarks>
internal sealed class RevokedIdSegment(int depth)
{
    private const int SlotsPerGroup = 8;
    private const int GroupCount = 64;
    private const int SlotCount = GroupCount * SlotsPerGroup;

    /// <summary>Of slots, removed ones included: enough free ones for a look-up of an absent id to end within one or two cache lines.</summary>
    public const int MostUsed = 440;

    /// <summary>The fields, the object's header and its alignment. Checked by a test against what is allocated.</summary>
    public const int SizeInBytes = (SlotCount * 24) + (GroupCount * sizeof(ulong)) + 48;

    private const ulong EveryByte = 0x0101_0101_0101_0101;
    private const ulong HighBits = EveryByte << 7;

    /// <summary>Tags: 0 is a free slot; with the high bit, seven bits of the hash of what it holds.</summary>
    private const ulong Removed = 1;

    private Groups _groups;
    private Slots _slots;

    public int Depth { get; } = depth;

    /// <summary>Slots that are not free.</summary>
    public int Used { get; private set; }

    /// <summary>Ids held.</summary>
    public int Count { get; private set; }

    /// <summary>No keep-until is earlier (UTC ticks).</summary>
    public long Earliest { get; private set; } = long.MaxValue;

    public bool Contains(UInt128 id, ulong hash) => Find(id, hash) >= 0;

    /// <summary>Keeps an id that is held until then, if that is later.</summary>
    /// <returns>False where the id is not held.</returns>
    public bool Prolong(UInt128 id, ulong hash, long keepUntil)
    {
        int slot = Find(id, hash);
        if (slot >= 0 && keepUntil > _slots[slot].KeepUntil)
        {
            Volatile.Write(ref _slots[slot].KeepUntil, keepUntil);
        }

        return slot >= 0;
    }

    /// <summary>For an id that is not held, while <see cref="Used"/> is below <see cref="MostUsed"/>.</summary>
    public void Add(UInt128 id, ulong hash, long keepUntil)
    {
        int group = GroupOf(hash);
        ulong free;
        while ((free = ZeroBytes(_groups[group])) == 0)
        {
            group = (group + 1) % GroupCount;
        }

        int place = BitOperations.TrailingZeroCount(free) / 8;
        ref Slot slot = ref _slots[(group * SlotsPerGroup) + place];
        slot.High = (ulong)(id >> 64);
        slot.Low = (ulong)id;
        slot.KeepUntil = keepUntil;
        Volatile.Write(ref _groups[group], _groups[group] | (TagOf(hash) << (place * 8)));
        Used++;
        Count++;
        Earliest = Math.Min(Earliest, keepUntil);
    }

    /// <summary>Removes what is kept until an earlier time; returns how many.</summary>
    public int Remove(long before)
    {
        if (Earliest >= before)
        {
            return 0;
        }

        int count = Count;
        Earliest = long.MaxValue;
        for (int slot = 0; slot < SlotCount; slot++)
        {
            int group = slot / SlotsPerGroup;
            int shift = slot % SlotsPerGroup * 8;
            if (!IsHeld(_groups[group], shift))
            {
                continue;
            }

            if (_slots[slot].KeepUntil >= before)
            {
                Earliest = Math.Min(Earliest, _slots[slot].KeepUntil);
                continue;
            }

            Volatile.Write(ref _groups[group], (_groups[group] & ~(0xFFUL << shift)) | (Removed << shift));
            Count--;
        }

        return count - Count;
    }

    /// <summary>What is held. Without the writers' lock: everything that was held before the call and has not been removed, at least.</summary>
    public IEnumerable<(UInt128 Id, long KeepUntil)> Held()
    {
        for (int slot = 0; slot < SlotCount; slot++)
        {
            if (IsHeld(Volatile.Read(ref _groups[slot / SlotsPerGroup]), slot % SlotsPerGroup * 8))
            {
                yield return (new UInt128(_slots[slot].High, _slots[slot].Low), Volatile.Read(ref _slots[slot].KeepUntil));
            }
        }
    }

    /// <returns>The slot, or -1.</returns>
    private int Find(UInt128 id, ulong hash)
    {
        ulong high = (ulong)(id >> 64);
        ulong low = (ulong)id;
        ulong wanted = TagOf(hash) * EveryByte;
        for (int group = GroupOf(hash), probed = 0; probed < GroupCount; group = (group + 1) % GroupCount, probed++)
        {
            ulong tags = Volatile.Read(ref _groups[group]);

            // Besides each equal tag this may name one that differs in the lowest bit: another held slot, which its id tells apart.
            for (ulong equal = ZeroBytes(tags ^ wanted); equal != 0; equal &= equal - 1)
            {
                int slot = (group * SlotsPerGroup) + (BitOperations.TrailingZeroCount(equal) / 8);
                ref readonly Slot found = ref _slots[slot];
                if (found.Low == low && found.High == high)
                {
                    return slot;
                }
            }

            if (ZeroBytes(tags) != 0)
            {
                return -1;
            }
        }

        return -1;
    }

    /// <summary>The high bit of every byte that is zero; above the lowest of those also of some that are 1.</summary>
    private static ulong ZeroBytes(ulong bytes) => (bytes - EveryByte) & ~bytes & HighBits;

    private static bool IsHeld(ulong tags, int shift) => (tags >> shift & 0x80) != 0;

    private static ulong TagOf(ulong hash) => (hash & 0x7F) | 0x80;

    /// <summary>Of bits that neither the tag nor, below 2^51 segments, the segment is chosen by.</summary>
    private static int GroupOf(ulong hash) => (int)(hash >> 7) & (GroupCount - 1);

    private struct Slot
    {
        public ulong High;
        public ulong Low;

        /// <summary>UTC ticks. For writers and walkers; a look-up does not read it.</summary>
        public long KeepUntil;
    }

    [InlineArray(GroupCount)]
    private struct Groups
    {
        private ulong _first;
    }

    [InlineArray(SlotCount)]
    private struct Slots
    {
        private Slot _first;
    }
}
