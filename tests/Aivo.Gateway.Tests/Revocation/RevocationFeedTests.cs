using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using CsCheck;

namespace Aivo.Gateway.Tests.Revocation;

public sealed class RevocationFeedTests
{
    private const long Lease = 1_000;

    /// <summary>Small, so that histories have more pending than fits one page.</summary>
    private const int Page = 3;

    private static readonly RevocationEntry[] None = [];

    private enum Event
    {
        Append,
        TimePasses,
        SyncArrives,
        SyncFails,
        ReplyLost,
        DataLost,
        LastWritesLost,
    }

    [Fact]
    public void InEveryHistory_AFreshNodeKnowsAllThatWasRevokedOneLeaseAgo()
    {
        int fresh = 0, restarted = 0, paged = 0;
        Gen.Select(Gen.Enum<Event>(), Gen.Int[1, 8]).Array[1, 80].Sample(history =>
        {
            var model = new Model();
            foreach ((Event next, int amount) in history)
            {
                model.Do(next, amount);
                if (model.IsFresh)
                {
                    Assert.NotNull(model.CompleteSyncSentAt);
                    Assert.True(model.Now < model.CompleteSyncSentAt + Lease, "fresh later than one lease after the sending of a complete sync");
                    Assert.Subset(model.Applied, model.RevokedBefore(model.Now - Lease));
                    fresh++;
                }
            }

            restarted += model.Restarts;
            paged += model.Pages;
        }, iter: 20_000, threads: 1);
        Assert.True(fresh > 1_000 && restarted > 100 && paged > 100, $"the histories show too little: {fresh}, {restarted}, {paged}");
    }

    [Fact]
    public void LeaseCountsFromTheSending_NotFromTheReply()
    {
        FeedState sent = RevocationFeed.Sent(FeedState.Starting, now: 100);
        FeedStep step = RevocationFeed.Received(sent, Delta("a", last: 0, reached: 0), Lease);
        Assert.Equal(100 + Lease, step.State.FreshUntil);
        Assert.False(step.SyncAtOnce);
    }

    [Fact]
    public void IncompleteDelta_AsksForMoreAtOnce_AndExtendsNothing()
    {
        FeedStep step = RevocationFeed.Received(RevocationFeed.Sent(FeedState.Starting, 100), Delta("a", last: 9, reached: 5), Lease);
        Assert.Equal((5, FeedState.Never, true), (step.State.Cursor, step.State.FreshUntil, step.SyncAtOnce));
    }

    [Theory]
    [InlineData("b", 20)]
    [InlineData("a", 9)]
    public void AnotherLogOrOneThatLostWrites_IsReadFromTheStart_AndTheNodeIsNotFreshUntilThen(string epoch, long last)
    {
        var state = new FeedState { Epoch = "a", Cursor = 10, FreshUntil = 5_000 };
        FeedStep step = RevocationFeed.Received(RevocationFeed.Sent(state, 4_500), Delta(epoch, last, reached: last), Lease);
        Assert.Equal((0, FeedState.Never, true, true), (step.State.Cursor, step.State.FreshUntil, step.SyncAtOnce, step.Restarted));

        step = RevocationFeed.Received(RevocationFeed.Sent(step.State, 4_600), Delta(epoch, last, reached: last), Lease);
        Assert.Equal((last, 4_600 + Lease, false, false), (step.State.Cursor, step.State.FreshUntil, step.SyncAtOnce, step.Restarted));
    }

    [Fact]
    public void FailedSync_KeepsTheLeaseAndTheCursor()
    {
        var state = new FeedState { Epoch = "a", Cursor = 10, FreshUntil = 5_000 };
        Assert.Equal(state, RevocationFeed.Failed(RevocationFeed.Sent(state, 4_500)));
    }

    [Fact]
    public void ReplyToASyncThatWasGivenUp_ChangesNothing()
    {
        FeedState state = RevocationFeed.Failed(RevocationFeed.Sent(FeedState.Starting, 100));
        Assert.Equal(state, RevocationFeed.Received(state, Delta("a", 4, 4), Lease).State);
    }

    [Fact]
    public void NodeThatMakesEveryRevocationItself_StaysFresh()
    {
        FeedStep step = RevocationFeed.Received(RevocationFeed.Sent(FeedState.Alone, 100), Delta("memory", 4, 4), Lease);
        Assert.Equal(long.MaxValue, step.State.FreshUntil);
    }

    private static RevocationDelta Delta(string epoch, long last, long reached) => new(epoch, last, reached, None, DateTimeOffset.UnixEpoch);

    /// <summary>A log and one node on virtual time. Every revocation there ever was is remembered with its time, also where the log loses it.</summary>
    private sealed class Model
    {
        private readonly List<(UInt128 Id, long At)> _revoked = [];
        private List<(long Number, UInt128 Id)> _log = [];
        private FeedState _feed = FeedState.Starting;
        private int _epoch;
        private long _last;
        private long _lossFloor;
        private UInt128 _nextId;

        public long Now { get; private set; } = 10_000;

        public long? CompleteSyncSentAt { get; private set; }

        public HashSet<UInt128> Applied { get; } = [];

        public bool IsFresh => Now < _feed.FreshUntil;

        public int Restarts { get; private set; }

        public int Pages { get; private set; }

        /// <summary>What the log still held of the revocations before that time; what it lost is for the recovery rules.</summary>
        public HashSet<UInt128> RevokedBefore(long time) =>
            [.. _revoked.Where(held => held.At < time && _log.Any(entry => entry.Id == held.Id)).Select(held => held.Id)];

        public void Do(Event next, int amount)
        {
            switch (next)
            {
                case Event.Append:
                    // Numbers that were lost are given out again; the feed cannot see that before it has synced once (see there).
                    for (int count = 0; count < amount && (_lossFloor == 0 || _last + 1 < _lossFloor); count++)
                    {
                        _log.Add((++_last, ++_nextId));
                        _revoked.Add((_nextId, Now));
                    }

                    break;
                case Event.TimePasses:
                    Now += amount * 150;
                    break;
                case Event.SyncArrives:
                    Sync(amount, lost: false);
                    break;
                case Event.ReplyLost:
                    Sync(amount, lost: true);
                    break;
                case Event.SyncFails:
                    _feed = RevocationFeed.Failed(RevocationFeed.Sent(_feed, Now));
                    break;
                case Event.DataLost:
                    (_epoch, _last, _log, _lossFloor) = (_epoch + 1, 0, [], 0);
                    break;
                case Event.LastWritesLost:
                    _lossFloor = Math.Max(_lossFloor, _feed.Cursor);
                    _last = Math.Max(0, _last - amount);
                    _log.RemoveAll(entry => entry.Number > _last);
                    break;
                default:
                    throw new InvalidOperationException($"{next}");
            }
        }

        private void Sync(int delay, bool lost)
        {
            long sentAt = Now;
            _feed = RevocationFeed.Sent(_feed, sentAt);
            (long, UInt128 Id)[] page = [.. _log.Where(entry => entry.Number > _feed.Cursor).Take(Page)];
            long reached = page.Length < Page ? _last : page[^1].Item1;
            var delta = new RevocationDelta($"{_epoch}", _last, reached, None, DateTimeOffset.UnixEpoch);

            // Appended after the log was read, before the reply arrives.
            Do(Event.Append, 1);
            Now += delay * 40;
            if (lost)
            {
                _feed = RevocationFeed.Failed(_feed);
                return;
            }

            Applied.UnionWith(page.Select(entry => entry.Id));
            FeedStep step = RevocationFeed.Received(_feed, delta, Lease);
            _feed = step.State;
            _lossFloor = 0;
            Restarts += step.Restarted ? 1 : 0;
            Pages += delta.IsComplete ? 0 : 1;
            CompleteSyncSentAt = delta.IsComplete && !step.Restarted ? sentAt : CompleteSyncSentAt;
        }
    }
}
