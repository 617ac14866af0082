using System.Collections.Immutable;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Revocation.Simulation;

namespace Aivo.Gateway.Tests.Revocation.Scale;

/// <summary>One shard's log in a Redis that never fails: one command after the other, each for as long as it was measured to take.</summary>
internal sealed class ScaledLog(FleetLoad load, Timeline timeline)
{
    public const string Epoch = "epoch";

    private readonly Dictionary<string, LeaseField> _leases = [];
    private readonly List<Action> _subscribers = [];
    private readonly Queue<Func<long>> _queue = new();
    private long _last;
    private bool _works;

    public double Busy { get; private set; }

    public int Commands { get; private set; }

    public void Subscribe(Action news) => _subscribers.Add(news);

    public void Sync(SyncRequest request, bool withLeases, Action<SyncReply> reply) => Execute(
        () => load.Costs.Sync + ((_last - request.Applied) * load.Costs.EntryInSync) + (withLeases ? _leases.Count * load.Costs.LeaseField : 0),
        () =>
        {
            _leases[request.Node] = new LeaseField(request.Node, request.Sequence, request.Applied);
            return new SyncReply
            {
                Outcome = SyncOutcome.Read,
                Epoch = Epoch,
                Open = true,
                Last = _last,
                Reached = _last,
                Entries = new RevocationEntry[_last - request.Applied],
                Leases = withLeases ? [.. _leases.Values] : null,
                Acknowledged = true,
            };
        },
        reply);

    public void Commit(Action<(long Number, ImmutableArray<LeaseField> Leases)> reply) => Execute(
        () => load.Costs.Commit + (_leases.Count * load.Costs.LeaseField) + (load.Wakes ? _subscribers.Count * load.Costs.Subscriber : 0),
        () =>
        {
            _last++;
            if (load.Wakes)
            {
                _subscribers.ForEach(news => timeline.After(load.OneWay, news));
            }

            return (_last, _leases.Values.ToImmutableArray());
        },
        reply);

    private void Execute<T>(Func<double> cost, Func<T> command, Action<T> reply) => timeline.After(load.OneWay, () =>
    {
        _queue.Enqueue(() =>
        {
            // What a command finds, and with it its cost, is settled when its turn comes.
            double takes = cost();
            Busy += takes;
            Commands++;
            T result = command();
            timeline.After((long)takes + load.OneWay, () => reply(result));
            return (long)takes;
        });
        if (!_works)
        {
            Work();
        }
    });

    private void Work()
    {
        _works = _queue.TryDequeue(out Func<long>? next);
        if (_works)
        {
            timeline.After(next!(), Work);
        }
    }
}
