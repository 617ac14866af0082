using Aivo.Gateway.Revocation;
using CsCheck;

namespace Aivo.Gateway.Tests.Revocation;

public sealed class RevokedIdsTests
{
    private const int MostBytesPerId = 64;
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Set_BehavesLikeADictionaryOfLatestTimes_WhileItGrowsAndShrinks()
    {
        // An operation: add so many ids from one on, until a minute; or, where there are none to add, remove what is kept until before it.
        Gen<(int First, int Length, int Minute)> operation = Gen.Select(Gen.Int[0, 4_000], Gen.Frequency((3, Gen.Int[1, 2_500]), (1, Gen.Const(0))), Gen.Int[0, 20]);
        operation.Array[1, 12].Sample(operations =>
        {
            var set = new RevokedIds();
            var model = new Dictionary<UInt128, DateTimeOffset>();
            foreach ((int first, int length, int minute) in operations)
            {
                DateTimeOffset time = Start.AddMinutes(minute);
                if (length == 0)
                {
                    Assert.Equal(model.Count(held => held.Value < time), set.Remove(before: time));
                    model = model.Where(held => held.Value >= time).ToDictionary();
                }

                for (int number = first; number < first + length; number++)
                {
                    set.Add(Id(number), time);
                    model[Id(number)] = model.TryGetValue(Id(number), out DateTimeOffset held) && held > time ? held : time;
                }

                Assert.Equal(model.Count, set.Count);
            }

            Assert.Equal(model.OrderBy(held => held.Key), set.Held().Select(held => KeyValuePair.Create(held.Id, held.KeepUntil)).OrderBy(held => held.Key));
            Assert.All(Enumerable.Range(0, 7_000), number => Assert.Equal(model.ContainsKey(Id(number)), set.Contains(Id(number))));
        }, iter: 60);
    }

    [Fact]
    public void IdsThatShareHalf_AreToldApart()
    {
        var set = new RevokedIds();
        UInt128 id = Id(1);
        UInt128 low = UInt128.MaxValue >> 64;
        set.Add(id, Start);
        Assert.True(set.Contains(id));
        Assert.False(set.Contains(id & low));
        Assert.False(set.Contains(id & ~low));
        Assert.False(set.Contains(id ^ 1));
        Assert.False(set.Contains(id ^ (UInt128.One << 127)));
    }

    /// <summary>Every size on the way, so also just after all segments were split.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MillionIds_TakeAtMost64BytesEach_AtNoMomentMore(bool consecutive)
    {
        const int Most = 1_500_000;
        var set = new RevokedIds();
        long most = 0;
        for (int number = 1; number <= Most; number++)
        {
            set.Add(consecutive ? (UInt128)number : Id(number), Start);
            if (number % 10_000 == 0)
            {
                // One segment more or less is nothing then; a second copy of the whole would be everything.
                Assert.InRange(set.SizeInBytes, 24L * number, MostBytesPerId * (long)number);
                most = Math.Max(most, set.SizeInBytes / number);
            }
        }

        Assert.Equal(Most, set.Count);
        TestContext.Current.TestOutputHelper?.WriteLine($"at most {most} bytes an id, {set.SizeInBytes / Most} at {Most}");
    }

    [Fact]
    public void Segment_TakesWhatTheSizeOfTheSetCountsForIt()
    {
        RevokedIdSegment[] segments = new RevokedIdSegment[100];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int index = 0; index < segments.Length; index++)
        {
            segments[index] = new RevokedIdSegment(0);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / segments.Length, RevokedIdSegment.SizeInBytes - 64, RevokedIdSegment.SizeInBytes);
    }

    [Fact]
    public void StreamOfEndsThatExpire_KeepsItsSize()
    {
        // 16 minutes of 100 ends a second, for three hours, pruned every 10 seconds.
        const int PerStep = 1_000;
        const int StepsKept = 96;
        var set = new RevokedIds();
        for (int step = 0; step < 1_080; step++)
        {
            DateTimeOffset now = Start.AddSeconds(step * 10);
            for (int number = 0; number < PerStep; number++)
            {
                set.Add(Id((step * PerStep) + number), now.AddSeconds(StepsKept * 10));
            }

            Assert.Equal(step > StepsKept ? PerStep : 0, set.Remove(before: now));
            if (step >= StepsKept)
            {
                Assert.InRange(set.SizeInBytes, 0, MostBytesPerId * (long)set.Count);
            }
        }
    }

    [Fact]
    public void BurstThatHasExpired_GivesItsMemoryBack()
    {
        var set = new RevokedIds();
        long empty = set.SizeInBytes;
        for (int number = 0; number < 300_000; number++)
        {
            set.Add(Id(number), Start.AddMinutes(number % 100 == 0 ? 1 : 0));
        }

        Assert.Equal(297_000, set.Remove(before: Start.AddSeconds(1)));
        Assert.InRange(set.SizeInBytes, 0, MostBytesPerId * 3_000 * 2);
        Assert.All(Enumerable.Range(0, 300_000), number => Assert.Equal(number % 100 == 0, set.Contains(Id(number))));
        Assert.Equal(3_000, set.Remove(before: Start.AddMinutes(2)));
        Assert.Equal(empty, set.SizeInBytes);
    }

    [Fact]
    public async Task ReadersDuringGrowthAndShrinking_SeeEveryAddedId_AndNoOther()
    {
        const int Rounds = 6;
        const int Passing = 60_000;
        var set = new RevokedIds();
        int added = 0;
        bool done = false;
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(() =>
        {
            for (int turn = reader; !Volatile.Read(ref done); turn = (turn + 7_919) % 1_000_000)
            {
                int known = Volatile.Read(ref added);
                if (known > 0)
                {
                    Assert.True(set.Contains(Id(turn % known)));
                    Assert.True(set.Contains(Id(known - 1)));
                }

                // Neither one that was never added, nor the halves of two that were.
                Assert.False(set.Contains(Id(-1 - turn)));
                Assert.False(set.Contains((Id(turn) >> 64 << 64) | (Id(turn + 1) & ulong.MaxValue)));
            }
        }, TestContext.Current.CancellationToken))];
        Task walker = Task.Run(() =>
        {
            while (!Volatile.Read(ref done))
            {
                int known = Volatile.Read(ref added);
                var seen = set.Held().Select(held => held.Id).ToHashSet();
                Assert.All(Enumerable.Range(0, known), number => Assert.Contains(Id(number), seen));
            }
        }, TestContext.Current.CancellationToken);
        try
        {
            for (int round = 1; round <= Rounds; round++)
            {
                for (int number = 0; number < Passing; number++)
                {
                    set.Add(Id((1_000_000 * round) + number), Start.AddMinutes(round));
                    if (number % 20 == 0)
                    {
                        set.Add(Id(added), DateTimeOffset.MaxValue);
                        Volatile.Write(ref added, added + 1);
                    }
                }

                Assert.Equal(Passing, set.Remove(before: Start.AddMinutes(round + 1)));
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
        }

        await Task.WhenAll([.. readers, walker]);
        Assert.Equal(added, set.Count);
    }

    /// <summary>Spread over all 128 bits, and different for different numbers.</summary>
    private static UInt128 Id(int number)
    {
        ulong low = Mix((ulong)number + 0x9E37_79B9_7F4A_7C15);
        return new UInt128(Mix(low ^ 0xD1B5_4A32_D192_ED03), low);
    }

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58_476D_1CE4_E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D0_49BB_1331_11EB;
        return bits ^ (bits >> 31);
    }
}
