using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Bench;

/// <summary>
/// What it costs to find out whether an id is revoked, by how many are, beside a ConcurrentDictionary; and the memory of both. A full fence
/// between look-ups keeps the processor from overlapping them, as a request makes one and then does something else.
/// </summary>
internal static class LookUpCost
{
    /// <summary>A round: shorter than what a busy machine lets a process run, so that most rounds are not interrupted.</summary>
    private const int LookUps = 4_000;
    private const int WarmUp = 100;
    private static readonly int[] Sizes = [0, 1_000, 100_000, 1_000_000, 10_000_000];

    public static void Run(int rounds)
    {
        Console.WriteLine("| entries | miss, ns | hit, ns | dictionary miss, ns | dictionary hit, ns | miss × dictionary | hit × dictionary | bytes an entry | dictionary | most while growing |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        double loop = Median([.. Enumerable.Range(0, rounds).Select(_ => Time(static id => id == 0, 1, 0))]);
        foreach (int size in Sizes)
        {
            Measure(size, rounds, loop);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nThe loop itself, {loop:F1} ns, is taken off."));
    }

    private static void Measure(int size, int rounds, double loop)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        var set = new RevokedIds();
        for (int number = 0; number < size; number++)
        {
            set.Add(Id((ulong)number), DateTimeOffset.MaxValue);
            if (number % 4_096 == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
            }
        }

        long own = GC.GetTotalMemory(forceFullCollection: true) - before;
        var dictionary = new ConcurrentDictionary<UInt128, DateTimeOffset>();
        for (int number = 0; number < size; number++)
        {
            dictionary[Id((ulong)number)] = DateTimeOffset.MaxValue;
        }

        long other = GC.GetTotalMemory(forceFullCollection: true) - before - own;
        var results = new List<double[]>();
        for (int round = -WarmUp; round < rounds; round++)
        {
            ulong from = (ulong)(round + WarmUp) * LookUps * 7;
            var one = new double[4];
            foreach (int kind in round % 2 == 0 ? new[] { 0, 1, 2, 3 } : [3, 2, 1, 0])
            {
                // Those that are not there are counted from far above.
                ulong start = kind % 2 == 0 ? (1UL << 40) + from : from;
                ulong modulus = kind % 2 == 0 ? 0 : (ulong)Math.Max(size, 1);
                one[kind] = (kind < 2 ? Time(set.Contains, start, modulus) : Time(dictionary.ContainsKey, start, modulus)) - loop;
            }

            if (round >= 0)
            {
                results.Add(one);
            }
        }

        string each = size == 0 ? "– | – | –"
            : string.Create(CultureInfo.InvariantCulture, $"{own / (double)size:F1} | {other / (double)size:F1} | {most / (double)size:F1}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {size:N0} | {Of(results, 0):F1} | {Of(results, 1):F1} | {Of(results, 2):F1} | {Of(results, 3):F1} | {Median([.. results.Select(one => one[0] / one[2])]):F2} | {Median([.. results.Select(one => one[1] / one[3])]):F2} | {each} |"));
        GC.KeepAlive(set);
        GC.KeepAlive(dictionary);
    }

    /// <returns>Nanoseconds a look-up. Ids are spread by a step that is prime to every size.</returns>
    private static double Time(Func<UInt128, bool> contains, ulong start, ulong modulus)
    {
        long began = TimeProvider.System.GetTimestamp();
        int found = 0;
        modulus = modulus == 0 ? ulong.MaxValue : modulus;
        ulong number = start % modulus;
        ulong step = 7_368_787 % modulus;
        for (int look = 0; look < LookUps; look++)
        {
            found += contains(Id(number)) ? 1 : 0;
            Interlocked.MemoryBarrier();
            number += step;
            number = number >= modulus ? number - modulus : number;
        }

        double elapsed = TimeProvider.System.GetElapsedTime(began).TotalNanoseconds / LookUps;
        return found is 0 or LookUps ? elapsed : throw new InvalidOperationException("A look-up was wrong.");
    }

    private static UInt128 Id(ulong number)
    {
        ulong low = Mix(number + 0x9E37_79B9_7F4A_7C15);
        return new UInt128(Mix(low ^ 0xD1B5_4A32_D192_ED03), low);
    }

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58_476D_1CE4_E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D0_49BB_1331_11EB;
        return bits ^ (bits >> 31);
    }

    private static double Of(List<double[]> results, int kind) => Median([.. results.Select(one => one[kind])]);

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
