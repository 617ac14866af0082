using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// Lets a login or an end wait for the first successful sync that was sent after its commit (revocation.md, rule 6). Only then is it
/// known that the log which took the commit is still the one the nodes read. Everybody who waits shares the next sync.
/// </summary>
internal sealed class SyncAcknowledgements(IRevocationLog log, RevocationOptions options, TimeProvider timeProvider, GatewayMetrics metrics)
{
    private readonly Lock _lock = new();
    private List<Waiter> _waiting = [];
    private TaskCompletionSource _news = NewSignal();

    /// <summary>Call it after the commit's reply. Completes at once where this process makes every revocation itself.</summary>
    /// <param name="number">The number that the commit's last revocation got; 0 when it made none.</param>
    /// <exception cref="StoreUnavailableException">
    /// No acknowledgement within three leases, or the log is another one by now, or lacks the number: the commit may be lost, and the
    /// caller repeats it.
    /// </exception>
    public Task WaitAsync(long number, CancellationToken cancellationToken) =>
        log.IsShared ? WaitForSyncAsync(number, cancellationToken) : Task.CompletedTask;

    private async Task WaitForSyncAsync(long number, CancellationToken cancellationToken)
    {
        long began = timeProvider.GetTimestamp();
        var waiter = new Waiter(number, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            _waiting.Add(waiter);
            _news.TrySetResult();
        }

        bool acknowledged = false;
        try
        {
            await waiter.Done.Task.WaitAsync(3 * options.Lease, timeProvider, cancellationToken);
            acknowledged = true;
        }
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException("revocations", exception);
        }
        finally
        {
            // One that gave up must not be handed on from sync to sync: an outage would gather them.
            waiter.Done.TrySetCanceled(CancellationToken.None);
            lock (_lock)
            {
                _waiting.Remove(waiter);
            }

            metrics.Acknowledgement(acknowledged, timeProvider.GetElapsedTime(began));
        }
    }

    /// <summary>The driver's pause between two syncs. It ends early when somebody has begun to wait since the last one was sent.</summary>
    public async Task PauseAsync(TimeSpan pause, CancellationToken stoppingToken)
    {
        Task news;
        lock (_lock)
        {
            news = _news.Task;
        }

        if (news.IsCompleted)
        {
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await Task.WhenAny(news, Task.Delay(pause, timeProvider, ended.Token));
        await ended.CancelAsync();
    }

    /// <summary>Those who began to wait before now. The driver calls it right before it sends a sync, which then counts for them.</summary>
    public IReadOnlyList<Waiter> BeforeSending()
    {
        lock (_lock)
        {
            if (_news.Task.IsCompleted)
            {
                _news = NewSignal();
            }

            (List<Waiter> sent, _waiting) = (_waiting, []);
            return sent;
        }
    }

    /// <summary>The sync has failed, or there is more to read: the next one counts.</summary>
    public void Unanswered(IReadOnlyList<Waiter> sent)
    {
        lock (_lock)
        {
            _waiting.AddRange(sent.Where(waiter => !waiter.Done.Task.IsCompleted));
        }
    }

    /// <summary>The sync was answered, completely, by the log that was read before.</summary>
    public static void Acknowledge(IReadOnlyList<Waiter> sent, long last)
    {
        foreach (Waiter waiter in sent)
        {
            if (waiter.Number <= last)
            {
                waiter.Done.TrySetResult();
            }
            else
            {
                waiter.Done.TrySetException(new StoreUnavailableException("revocations", null));
            }
        }
    }

    /// <summary>The log is not the one that was read before: nothing is known of the commits.</summary>
    public static void Restarted(IReadOnlyList<Waiter> sent) => Acknowledge(sent, last: -1);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal sealed record Waiter(long Number, TaskCompletionSource Done);
}
