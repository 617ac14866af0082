using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>
/// Every request that is being forwarded (revocation.md, rule 3). A request is added before its last check, and an entry is in the replica
/// before <see cref="Revoke"/> is called: so either the check sees the entry, or the request is here to be told of it.
/// </summary>
internal sealed class RequestsInFlight
{
    /// <summary>A power of two; enough that two requests seldom meet at one lock, and that 20,000 streams are 20 to a bucket.</summary>
    private const int Buckets = 1024;

    private readonly Bucket[] _buckets = [.. Enumerable.Range(0, Buckets).Select(_ => new Bucket())];
    private readonly Lock _unwindingLock = new();
    private readonly HashSet<Task> _unwinding = [];

    public void Add(RequestInFlight request) => BucketOf(request.Session).Add(request);

    /// <summary>Takes out what <see cref="Add"/> put in; once, and when nothing of the request goes to a destination any more.</summary>
    public void Remove(RequestInFlight request)
    {
        if (BucketOf(request.Session).Remove(request) is { } unwound)
        {
            lock (_unwindingLock)
            {
                _unwinding.Remove(unwound.Task);
            }

            unwound.TrySetResult();
        }
    }

    /// <summary>How many requests were told to end and have not been taken out.</summary>
    public int Unwinding
    {
        get
        {
            lock (_unwindingLock)
            {
                return _unwinding.Count;
            }
        }
    }

    /// <summary>
    /// Completes when every request that was told to end before this call has been taken out. Only then does the entry that ended them
    /// count as applied.
    /// </summary>
    public Task UnwoundAsync()
    {
        lock (_unwindingLock)
        {
            return _unwinding.Count == 0 ? Task.CompletedTask : Task.WhenAll(_unwinding);
        }
    }

    /// <summary>Tells every request that the entry concerns; they are told when this returns, and have ended by <see cref="UnwoundAsync"/>.</summary>
    public void Revoke(RevocationEntry entry)
    {
        List<RequestInFlight>? concerned = null;
        if (entry.Kind == RevocationKind.Session)
        {
            BucketOf(entry.Id).Collect(ref concerned, entry.Id, static (request, id) => request.Session.Value == id);
        }
        else if (entry.Kind == RevocationKind.Token)
        {
            // Rare enough (a superseded leaf) to look at all of them, and not to keep a second index for it.
            CollectAll(ref concerned, entry.Id, static (request, id) => request.Token.Value == id);
        }
        else
        {
            CollectAll(ref concerned, new RevokedKey(entry), static (request, key) => key.IsOf(request.KeyId));
        }

        if (concerned is not null)
        {
            // Outside the lock: ending a request runs its cancellation.
            foreach (RequestInFlight request in concerned)
            {
                if (request.Revoke(entry.Kind))
                {
                    Unwind(request);
                }
            }
        }
    }

    /// <summary>All that are here now, in no order; what comes and goes meanwhile may be missing or done.</summary>
    public List<RequestInFlight> Snapshot()
    {
        List<RequestInFlight>? all = null;
        CollectAll(ref all, 0, static (_, _) => true);
        return all ?? [];
    }

    /// <summary>How many requests of the session fulfil a condition, which must be cheap: it is asked under a lock.</summary>
    public int Count(SessionId session, Func<RequestInFlight, bool> condition) => BucketOf(session).Count(session, condition);

    private void Unwind(RequestInFlight request)
    {
        // One lock within the other, and never the other way round: a request that is taken out meanwhile must find itself here.
        lock (_unwindingLock)
        {
            if (BucketOf(request.Session).Unwind(request) is { } unwound)
            {
                _unwinding.Add(unwound);
            }
        }
    }

    private void CollectAll<T>(ref List<RequestInFlight>? found, T argument, Func<RequestInFlight, T, bool> concerns)
    {
        foreach (Bucket bucket in _buckets)
        {
            bucket.Collect(ref found, argument, concerns);
        }
    }

    private Bucket BucketOf(SessionId session) => BucketOf(session.Value);

    /// <summary>Session ids are random, so their low bits spread well.</summary>
    private Bucket BucketOf(UInt128 id) => _buckets[(int)((uint)id & (Buckets - 1))];

    private sealed class Bucket
    {
        private readonly Lock _lock = new();
        private RequestInFlight? _first;

        public void Add(RequestInFlight request)
        {
            lock (_lock)
            {
                request.Next = _first;
                if (_first is not null)
                {
                    _first.Previous = request;
                }

                _first = request;
                request.IsHeld = true;
            }
        }

        /// <returns>Its end, if it is here and nobody waits for it yet.</returns>
        public Task? Unwind(RequestInFlight request)
        {
            lock (_lock)
            {
                if (!request.IsHeld || request.Unwound is not null)
                {
                    return null;
                }

                request.Unwound = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return request.Unwound.Task;
            }
        }

        /// <returns>Whom to tell that it has been taken out.</returns>
        public TaskCompletionSource? Remove(RequestInFlight request)
        {
            lock (_lock)
            {
                if (request.Previous is { } previous)
                {
                    previous.Next = request.Next;
                }
                else if (_first == request)
                {
                    _first = request.Next;
                }

                if (request.Next is { } next)
                {
                    next.Previous = request.Previous;
                }

                (request.Next, request.Previous, request.IsHeld) = (null, null, false);
                return request.Unwound;
            }
        }

        public void Collect<T>(ref List<RequestInFlight>? found, T argument, Func<RequestInFlight, T, bool> concerns)
        {
            lock (_lock)
            {
                for (RequestInFlight? request = _first; request is not null; request = request.Next)
                {
                    if (concerns(request, argument))
                    {
                        (found ??= []).Add(request);
                    }
                }
            }
        }

        public int Count(SessionId session, Func<RequestInFlight, bool> condition)
        {
            int count = 0;
            lock (_lock)
            {
                for (RequestInFlight? request = _first; request is not null; request = request.Next)
                {
                    count += request.Session == session && condition(request) ? 1 : 0;
                }
            }

            return count;
        }
    }
}
