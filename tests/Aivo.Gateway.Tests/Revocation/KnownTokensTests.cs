using System.Runtime.CompilerServices;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using CsCheck;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>A token that was found not revoked needs no look-up any more, and misses no revocation for that.</summary>
public sealed class KnownTokensTests
{
    private static readonly DateTimeOffset Later = DateTimeOffset.UnixEpoch + TimeSpan.FromHours(1);

    /// <summary>The two steps of applying an entry, with a request's check before, between or after them.</summary>
    public enum Move
    {
        Check,
        Write,
        Tell,
    }

    /// <summary>Every order of them, since the look-up of a token that is not known and its addition are one step.</summary>
    [Theory]
    [InlineData(Move.Check, Move.Write, Move.Tell)]
    [InlineData(Move.Write, Move.Check, Move.Tell)]
    [InlineData(Move.Write, Move.Tell, Move.Check)]
    [InlineData(Move.Check, Move.Write, Move.Check, Move.Tell)]
    public void Token_IsRevokedOnceTheEntryIsApplied_WhateverCameFirst(params Move[] order) =>
        Assert.All(Enum.GetValues<RevocationKind>(), kind => AssertRevoked(kind, order));

    [Fact]
    public void KnownToken_IsNotLookedUp_AndItsCheckAllocatesNothing()
    {
        var tokens = new KnownTokens(10);
        var apart = new RevocationReplica();
        KnownToken token = Token(1, 1, 1);
        Assert.False(tokens.IsRevoked(token, apart));
        apart.Apply(Entry(RevocationKind.Session, 1));
        long before = GC.GetAllocatedBytesForCurrentThread();

        // It would be found, had anybody looked: its turn comes when the entry is told of.
        bool any = false;
        for (int check = 0; check < 1_000; check++)
        {
            any |= tokens.IsRevoked(token, apart);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.False(any);
    }

    [Fact]
    public void Tokens_ThatComeAndGo_AreRevokedFromTheEntryOn_AndNeverBefore()
    {
        // Operation 0 to 2: write an entry of that kind; 3: tell of the one written last; else: check. Few of each, so that they meet, and
        // generations so small that tokens go all the time.
        Gen<(int Operation, int Which)> operation = Gen.Select(Gen.Int[0, 11], Gen.Int[0, 8]);
        Gen.Select(Gen.Int[1, 4], operation.Array[0, 80]).Sample((capacity, operations) =>
        {
            var tokens = new KnownTokens(capacity);
            var apart = new RevocationReplica();
            KnownToken[] all = [.. Enumerable.Range(0, 9).Select(number => Token(number % 3, number / 2, number % 2))];
            var written = new List<RevocationEntry>();
            int told = 0;
            foreach ((int kind, int which) in operations)
            {
                if (kind < 3)
                {
                    written.Add(Entry(Enum.GetValues<RevocationKind>()[kind], which));
                    apart.Apply(written[^1]);
                }
                else if (kind == 3)
                {
                    for (; told < written.Count; told++)
                    {
                        tokens.Revoke(written[told]);
                    }
                }
                else
                {
                    bool revoked = tokens.IsRevoked(all[which], apart);
                    bool applied = written.Take(told).Any(entry => Concerns(entry, all[which]));
                    bool known = written.Any(entry => Concerns(entry, all[which]));
                    Assert.True(revoked ? known : !applied, $"{revoked} of token {which}");
                    Assert.Equal(revoked, tokens.IsRevoked(all[which], apart));
                }

                Assert.True(tokens.Count <= 2 * capacity);
            }
        });
    }

    [Fact]
    public void TokenThatHasGone_IsLookedUpWhenItComesAgain()
    {
        var tokens = new KnownTokens(2);
        var replica = new RevocationReplica(known: tokens);
        KnownToken[] all = [.. Enumerable.Range(0, 6).Select(number => Token(number, number, number))];
        Assert.All(all, token => Assert.False(replica.IsRevoked(token)));

        replica.Apply(Entry(RevocationKind.Session, 0));
        replica.Apply(Entry(RevocationKind.Token, 1));
        replica.Apply(Entry(RevocationKind.Key, 5));

        Assert.Equal([true, true, false, false, false, true], all.Select(replica.IsRevoked));
    }

    [Fact]
    public void TokenThatHasGone_IsNotKept()
    {
        var tokens = new KnownTokens(2);
        var replica = new RevocationReplica(known: tokens);
        WeakReference gone = AddOne(replica);
        for (int number = 1; number <= 100; number++)
        {
            Assert.False(replica.IsRevoked(Token(number, number, number)));
            Assert.InRange(tokens.Count, 1, 4);
        }

        GC.Collect();
        Assert.False(gone.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference AddOne(RevocationReplica replica)
        {
            KnownToken token = Token(0, 0, 0);
            replica.IsRevoked(token);
            return new WeakReference(token);
        }
    }

    [Fact]
    public async Task NoRequestOfAKnownToken_PassesItsCheckAndMissesTheRevocation()
    {
        const int Rounds = 2_000;
        var inFlight = new RequestsInFlight();
        var replica = new RevocationReplica(inFlight.Revoke, new KnownTokens(3));
        KnownToken[] tokens = [.. Enumerable.Range(0, Rounds).Select(number => Token(number, number, number))];
        using var round = new Barrier(3);
        Task<Request[]>[] clients = [.. Enumerable.Range(0, 2).Select(client => RunAsync(() => tokens.Select((token, number) =>
        {
            if (number % 3 == 0)
            {
                // Known before; in the other rounds it is added while the entry is applied.
                replica.IsRevoked(token);
            }

            var request = new Request(token);
            round.SignalAndWait(TestContext.Current.CancellationToken);
            inFlight.Add(request);

            // Others come meanwhile, so that in some rounds the token's generation goes.
            for (int other = 0; other < number % 8; other++)
            {
                replica.IsRevoked(Token(-1, -1, -1));
            }

            request.Passed = !replica.IsRevoked(token);
            return request;
        }).ToArray()))];

        for (int number = 0; number < Rounds; number++)
        {
            round.SignalAndWait(TestContext.Current.CancellationToken);
            // A little later each time, so that all orders come about.
            Thread.SpinWait(number % 50);
            replica.Apply(Entry(Enum.GetValues<RevocationKind>()[number % 50 == 0 ? 2 : number % 2], number));
            Assert.True(replica.IsRevoked(tokens[number]));
        }

        Request[] requests = [.. (await Task.WhenAll(clients)).SelectMany(all => all)];
        Assert.Equal(2 * Rounds, requests.Length);
        Assert.All(requests, request => Assert.True(!request.Passed || request.Revoked > 0));
        Assert.Contains(requests, request => request.Passed);
        Assert.Contains(requests, request => !request.Passed);
    }

    private static void AssertRevoked(RevocationKind kind, Move[] order)
    {
        var tokens = new KnownTokens(10);
        var apart = new RevocationReplica();
        KnownToken token = Token(1, 1, 1);
        KnownToken otherSpelling = Token(1, 1, 1);
        KnownToken other = Token(2, 2, 2);
        foreach (Move move in order)
        {
            switch (move)
            {
                case Move.Check:
                    tokens.IsRevoked(token, apart);
                    tokens.IsRevoked(otherSpelling, apart);
                    Assert.False(tokens.IsRevoked(other, apart));
                    break;
                case Move.Write:
                    apart.Apply(Entry(kind, 1));
                    break;
                default:
                    tokens.Revoke(Entry(kind, 1));
                    break;
            }
        }

        Assert.True(tokens.IsRevoked(token, apart));
        Assert.True(tokens.IsRevoked(otherSpelling, apart));
        Assert.False(tokens.IsRevoked(other, apart));
    }

    private static Task<T> RunAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static KnownToken Token(int session, int id, int key) => new(Session(session), Id(id), $"key-{key}", Later);

    private static SessionId Session(int number) => new((UInt128)(uint)number, 0);

    private static TokenId Id(int number) => new((UInt128)(uint)number, 0);

    private static RevocationEntry Entry(RevocationKind kind, int number) => kind switch
    {
        RevocationKind.Session => RevocationEntry.ForSession(Session(number), Later),
        RevocationKind.Token => RevocationEntry.ForToken(Id(number), Later),
        _ => RevocationReplica.ForKey($"key-{number}", Later),
    };

    private static bool Concerns(RevocationEntry entry, KnownToken token) =>
        entry.Id == (entry.Kind switch
        {
            RevocationKind.Session => token.Session.Value,
            RevocationKind.Token => token.Id.Value,
            _ => RevocationReplica.ForKey(token.KeyId, default).Id,
        });

    private sealed class Request(KnownToken token) : RequestInFlight(token.Session, token.Id, token.KeyId)
    {
        private int _revoked;

        public int Revoked => Volatile.Read(ref _revoked);

        public bool Passed { get; set; }

        protected internal override bool Revoke(RevocationKind kind)
        {
            Interlocked.Increment(ref _revoked);
            return false;
        }
    }
}
