namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>Virtual time in milliseconds; what falls on the same time runs in the order in which it was planned.</summary>
internal sealed class Timeline
{
    private readonly PriorityQueue<Action, (long Time, long Order)> _planned = new();
    private long _order;

    public long Now { get; private set; }

    public void At(long time, Action action) => _planned.Enqueue(action, (Math.Max(time, Now), _order++));

    public void After(long delay, Action action) => At(Now + delay, action);

    public void RunUntil(long time, Func<bool> isOver)
    {
        while (!isOver() && _planned.TryPeek(out _, out (long Time, long Order) next) && next.Time <= time)
        {
            Action action = _planned.Dequeue();
            Now = next.Time;
            action();
        }

        Now = isOver() ? Now : Math.Max(Now, time);
    }
}
