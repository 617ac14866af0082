using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>Strings that are searched for in many lines: what a line costs hardly depends on how many there are.</summary>
internal sealed class SecretIndex
{
    public const int ShortestLength = 8;

    private const int PlaceBits = 22;

    /// <summary>By their last characters: tokens may begin alike, but each ends with what only it has.</summary>
    private readonly ConcurrentDictionary<string, string[]> _byEnd = new(StringComparer.Ordinal);

    /// <summary>One bit for each end, by its hash: nearly every place of a line is passed over without a look into the dictionary.</summary>
    private readonly ulong[] _mayEnd = new ulong[1 << (PlaceBits - 6)];

    public void Add(string secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, ShortestLength);
        string end = secret[^ShortestLength..];
        _byEnd.AddOrUpdate(end, _ => [secret], (_, known) => known.Contains(secret, StringComparer.Ordinal) ? known : [.. known, secret]);
        uint place = PlaceOf(end);
        Interlocked.Or(ref _mayEnd[place >> 6], 1UL << (int)(place & 63));
    }

    /// <returns>A string that stands in the line, anywhere in it; null when none does.</returns>
    public string? FindIn(ReadOnlySpan<char> line)
    {
        ConcurrentDictionary<string, string[]>.AlternateLookup<ReadOnlySpan<char>> byEnd = _byEnd.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int end = ShortestLength; end <= line.Length; end++)
        {
            ReadOnlySpan<char> last = line[(end - ShortestLength)..end];
            uint place = PlaceOf(last);
            if ((_mayEnd[place >> 6] & (1UL << (int)(place & 63))) != 0 && byEnd.TryGetValue(last, out string[]? secrets))
            {
                foreach (string secret in secrets)
                {
                    if (line[..end].EndsWith(secret, StringComparison.Ordinal))
                    {
                        return secret;
                    }
                }
            }
        }

        return null;
    }

    private static uint PlaceOf(ReadOnlySpan<char> end)
    {
        ReadOnlySpan<ulong> halves = MemoryMarshal.Cast<char, ulong>(end);
        ulong mixed = ((halves[0] * 0x9E3779B97F4A7C15) ^ halves[1]) * 0xD6E8FEB86659FD93;
        return (uint)(mixed >> (64 - PlaceBits));
    }
}
