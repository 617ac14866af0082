using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;
using CsCheck;

namespace Aivo.Gateway.Tests.Revocation;

public sealed class RevocationReplicaTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SessionId NoSession = new(UInt128.MaxValue, 0);
    private static readonly TokenId NoToken = new(UInt128.MaxValue, 0);

    [Fact]
    public void Replica_BehavesLikeASetOfEntriesWithTheirLatestKeepUntil()
    {
        // An operation: apply (kind, id, minute) or, for kind 3, prune at that minute. Few ids, so that entries meet.
        Gen<(int Kind, int Id, int Minute)> operation = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 30]);
        operation.Array[0, 60].Sample(operations =>
        {
            var replica = new RevocationReplica();
            var model = new Dictionary<(int Kind, int Id), int>();
            foreach ((int kind, int id, int minute) in operations)
            {
                if (kind == 3)
                {
                    int expected = model.Count(held => held.Value < minute);
                    Assert.Equal(expected, replica.Prune(Start.AddMinutes(minute)));
                    model = model.Where(held => held.Value >= minute).ToDictionary();
                }
                else
                {
                    replica.Apply(Entry(kind, id, Start.AddMinutes(minute)));
                    model[(kind, id)] = Math.Max(minute, model.GetValueOrDefault((kind, id), -1));
                }

                Assert.Equal(model.Count, replica.Count);
            }

            for (int id = 0; id <= 5; id++)
            {
                Assert.Equal(model.ContainsKey((0, id)), replica.IsRevoked(Session(id), NoToken, "other"));
                Assert.Equal(model.ContainsKey((1, id)), replica.IsRevoked(NoSession, Token(id), "other"));
                Assert.Equal(model.ContainsKey((2, id)), replica.IsRevoked(NoSession, NoToken, $"key-{id}"));
            }
        });
    }

    [Fact]
    public void Entries_AreAllThatWasAppliedAndNotPruned()
    {
        var replica = new RevocationReplica();
        RevocationEntry[] entries = [.. Enumerable.Range(0, 3_000).Select(number => Entry(number % 10 == 0 ? 2 : number % 2, number, Start.AddMinutes(number % 3)))];
        Array.ForEach(entries, replica.Apply);
        Array.ForEach(entries, entry => replica.Apply(entry with { KeepUntil = Start }));
        Assert.Equal(entries.ToHashSet(), replica.Entries().ToHashSet());
        Assert.Equal(entries.Length, replica.Entries().Count());

        replica.Prune(Start.AddMinutes(1));
        Assert.Equal(entries.Where(entry => entry.KeepUntil > Start).ToHashSet(), replica.Entries().ToHashSet());
    }

    [Fact]
    public void TokenWithoutAKeyId_IsJudgedByItsOtherIds()
    {
        var replica = new RevocationReplica();
        replica.Apply(RevocationReplica.ForKey("key", Start));
        Assert.False(replica.IsRevoked(NoSession, NoToken, null));
    }

    [Fact]
    public void KeyEntry_HoldsTheFirst128BitsOfTheKeyIdsSha256() =>
        // SHA-256("abc"), FIPS 180-2 appendix B.1.
        Assert.Equal("kba7816bf8f01cfea414140de5dae2223", RevocationReplica.ForKey("abc", Start).Member);

    [Fact]
    public void LookUp_AllocatesNothing()
    {
        var replica = new RevocationReplica();
        for (int id = 0; id < 100_000; id++)
        {
            replica.Apply(Entry(id % 2, id, Start));
        }

        Assert.False(replica.IsRevoked(NoSession, NoToken, "key"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool any = false;
        for (int id = 0; id < 1_000; id++)
        {
            any |= replica.IsRevoked(NoSession, Token(id * 2), "key");
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.False(any);
    }

    [Fact]
    public async Task ConcurrentWriters_LoseNothing_AndReadersNeverSeeAnEntryVanish()
    {
        const int Writers = 4;
        const int Each = 5_000;
        var replica = new RevocationReplica();
        int written = 0;
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (int index = 0; index < Each; index++)
            {
                int id = (index * Writers) + writer;
                replica.Apply(Entry(index % 50 == 0 ? 2 : index % 2, id, Start));
                Assert.True(replica.IsRevoked(Session(id), Token(id), $"key-{id}"));
                Interlocked.Increment(ref written);
            }
        }, TestContext.Current.CancellationToken))];
        Task pruner = Task.Run(() =>
        {
            while (Volatile.Read(ref written) < Writers * Each && !writers.Any(writer => writer.IsFaulted))
            {
                Assert.Equal(0, replica.Prune(Start));
            }
        }, TestContext.Current.CancellationToken);
        await Task.WhenAll([.. writers, pruner]);
        Assert.Equal(Writers * Each, replica.Count);
        Assert.All(Enumerable.Range(0, Writers * Each), id => Assert.True(replica.IsRevoked(Session(id), Token(id), $"key-{id}")));
    }

    [Fact]
    public async Task EntryProlongedWhileItIsPruned_Stays()
    {
        for (int round = 0; round < 2_000; round++)
        {
            var replica = new RevocationReplica();
            replica.Apply(Entry(0, 1, Start));
            using var together = new Barrier(2);
            Task prune = Task.Run(() =>
            {
                together.SignalAndWait(TestContext.Current.CancellationToken);
                replica.Prune(Start.AddMinutes(1));
            }, TestContext.Current.CancellationToken);
            together.SignalAndWait(TestContext.Current.CancellationToken);
            replica.Apply(Entry(0, 1, Start.AddMinutes(2)));
            await prune;
            Assert.True(replica.IsRevoked(Session(1), NoToken, null));
        }
    }

    [Fact]
    public void Check_IsValidOnlyWhileFresh_AndRevokedInAnyCase()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Start);
        var replica = new RevocationReplica();
        var state = new RevocationState(time, 1);
        var check = new RevocationCheck(state, new RevocationReplicas(1, () => replica), TestMetrics.Create());
        replica.Apply(Entry(0, 1, Start));
        Assert.Equal(RevocationVerdict.Unknown, check.Judge(Known(Session(2))));
        Assert.Equal(RevocationVerdict.Revoked, check.Judge(Known(Session(1))));

        long freshUntil = time.GetTimestamp() + time.TimestampFrequency;
        long since = Start.ToUnixTimeSeconds();
        state.Report(0, new ShardStanding(new LeaseState { Node = "node", FreshUntil = freshUntil, Since = since }, false, 0, default, null));
        Assert.Equal(RevocationVerdict.Revoked, check.Judge(Known(Session(2), Start.AddSeconds(-1))));
        Assert.Equal(RevocationVerdict.Revoked, check.Judge(Known(new SessionId(2, 1))));
        Assert.Equal(RevocationVerdict.Valid, check.Judge(Known(Session(2))));
        Assert.Equal(RevocationVerdict.Revoked, check.Judge(Known(Session(1))));

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RevocationVerdict.Unknown, check.Judge(Known(Session(2))));
    }

    private static RevocationEntry Entry(int kind, int id, DateTimeOffset keepUntil) => kind switch
    {
        0 => RevocationEntry.ForSession(Session(id), keepUntil),
        1 => RevocationEntry.ForToken(Token(id), keepUntil),
        _ => RevocationReplica.ForKey($"key-{id}", keepUntil),
    };

    private static KnownToken Known(SessionId session, DateTimeOffset? issuedAt = null) => new(session, NoToken, "key", issuedAt ?? Start);

    private static SessionId Session(int id) => new((UInt128)id, 0);

    private static TokenId Token(int id) => new((UInt128)id, 0);
}
