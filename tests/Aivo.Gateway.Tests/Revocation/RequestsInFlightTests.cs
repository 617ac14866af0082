using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>A request is seen by its check or told of the revocation: none gets past both.</summary>
public sealed class RequestsInFlightTests
{
    private static readonly DateTimeOffset Later = DateTimeOffset.UnixEpoch + TimeSpan.FromHours(1);
    private readonly RequestsInFlight _requests = new();

    [Fact]
    public void EndOfASession_ConcernsItsRequestsAlone()
    {
        SessionId session = SessionId.Create(0);
        // The same bucket: only the high bits differ.
        var neighbour = new SessionId(session.Value ^ (UInt128.One << 100), 0);
        Request[] own = [Add(session), Add(session)];
        Request other = Add(neighbour);

        _requests.Revoke(RevocationEntry.ForSession(session, Later));

        Assert.All(own, request => Assert.Equal(1, request.Revoked));
        Assert.Equal(0, other.Revoked);
    }

    [Fact]
    public void TokenAndKey_AreFoundInEverySession()
    {
        Request first = Add(SessionId.Create(0), "leaf 1", "key-1");
        Request second = Add(SessionId.Create(0), "leaf 2", "key-2");
        Request third = Add(SessionId.Create(0), "leaf 3", "key-2");

        _requests.Revoke(RevocationEntry.ForToken(first.Token, Later));
        _requests.Revoke(RevocationReplica.ForKey("key-2", Later));

        Assert.Equal([1, 1, 1], new[] { first.Revoked, second.Revoked, third.Revoked });
    }

    [Fact]
    public void WhatWasTakenOut_IsNotTold_InWhateverOrder()
    {
        SessionId session = SessionId.Create(0);
        Request[] all = [.. Enumerable.Range(0, 5).Select(_ => Add(session))];
        foreach (int removed in new[] { 2, 0, 4 })
        {
            _requests.Remove(all[removed]);
        }

        _requests.Revoke(RevocationEntry.ForSession(session, Later));

        Assert.Equal([0, 1, 0, 1, 0], all.Select(request => request.Revoked));
        Assert.Equal(2, _requests.Snapshot().Count);
        Assert.Equal(2, _requests.Count(session, _ => true));
    }

    [Fact]
    public async Task NoRequest_PassesTheCheckAndMissesTheRevocation()
    {
        const int Rounds = 2000;
        var replica = new RevocationReplica(_requests.Revoke);
        SessionId[] sessions = [.. Enumerable.Range(0, Rounds).Select(_ => SessionId.Create(0))];
        using var round = new Barrier(3);
        Task<Request[]>[] clients = [.. Enumerable.Range(0, 2).Select(_ => RunAsync(() => sessions.Select(session =>
        {
            var request = new Request(session, "leaf", "key");
            round.SignalAndWait(TestContext.Current.CancellationToken);
            _requests.Add(request);
            request.Passed = !replica.IsRevoked(request.Session, request.Token, request.KeyId);
            return request;
        }).ToArray()))];

        int spins = 0;
        foreach (SessionId session in sessions)
        {
            round.SignalAndWait(TestContext.Current.CancellationToken);
            // A little later each time, so that all orders come about.
            Thread.SpinWait(spins = (spins + 1) % 50);
            replica.Apply(RevocationEntry.ForSession(session, Later));
        }

        Request[] requests = [.. (await Task.WhenAll(clients)).SelectMany(all => all)];
        Assert.Equal(2 * Rounds, requests.Length);
        Assert.All(requests, request => Assert.True(!request.Passed || request.Revoked > 0));
        Assert.Contains(requests, request => request.Passed);
    }

    [Fact]
    public async Task RevocationHasUnwound_WhenEveryRequestThatItEndedIsOut()
    {
        SessionId session = SessionId.Create(0);
        Request[] ended = [.. Enumerable.Range(0, 2).Select(_ => Add(session, unwinds: true))];
        Add(session);
        Assert.True(_requests.UnwoundAsync().IsCompletedSuccessfully);

        _requests.Revoke(RevocationEntry.ForSession(session, Later));
        _requests.Revoke(RevocationEntry.ForSession(session, Later));

        Task unwound = _requests.UnwoundAsync();
        Assert.Equal(2, _requests.Unwinding);
        _requests.Remove(ended[0]);
        Assert.False(unwound.IsCompleted);

        // What is ended later is not waited for by whoever waits already.
        SessionId later = SessionId.Create(0);
        Add(later, unwinds: true);
        _requests.Revoke(RevocationEntry.ForSession(later, Later));
        _requests.Remove(ended[1]);
        await unwound.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(1, _requests.Unwinding);
    }

    [Fact]
    public async Task RequestsThatComeAndGo_AreNeverWaitedForInVain()
    {
        const int Rounds = 5000;
        SessionId session = SessionId.Create(0);
        Request[] requests = [.. Enumerable.Range(0, Rounds).Select(_ => Add(session, unwinds: true))];
        using var both = new Barrier(2);
        Task<int> leaving = RunAsync(() =>
        {
            both.SignalAndWait(TestContext.Current.CancellationToken);
            Array.ForEach(requests, _requests.Remove);
            return Rounds;
        });
        both.SignalAndWait(TestContext.Current.CancellationToken);
        for (int round = 0; round < 20; round++)
        {
            _requests.Revoke(RevocationEntry.ForSession(session, Later));
            await _requests.UnwoundAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }

        await leaving;
        Assert.Equal(0, _requests.Unwinding);
        Assert.Empty(_requests.Snapshot());
    }

    private static Task<T> RunAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private Request Add(SessionId session, string leaf = "leaf", string key = "key", bool unwinds = false)
    {
        var request = new Request(session, leaf, key) { Unwinds = unwinds };
        _requests.Add(request);
        return request;
    }

    private sealed class Request(SessionId session, string leaf, string key) : RequestInFlight(session, TokenIds.ForLeaf(leaf, default), key)
    {
        private int _revoked;

        public int Revoked => Volatile.Read(ref _revoked);

        public bool Passed { get; set; }

        /// <summary>Whether it may still be on its way when it is told.</summary>
        public bool Unwinds { get; init; }

        protected internal override bool Revoke(RevocationKind kind)
        {
            Interlocked.Increment(ref _revoked);
            return Unwinds;
        }
    }
}
