using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// One request under an access token, from before its last check until it is done. Until it has response headers a revocation turns it
/// into a refusal; afterwards, if it is a stream, it is cut.
/// </summary>
/// <param name="finishes">Whether a request without response headers completes although its session has ended (<c>Revocation:InFlight</c>).</param>
internal sealed class ForwardedRequest(HttpContext context, AccessToken token, bool finishes, ForwardedRequests requests)
    : RequestInFlight(token.Session, token.Id, token.KeyId), IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationToken _client = context.RequestAborted;
    private CancellationTokenRegistration _clientGone;
    private WebSocketRelay? _relay;
    private RevocationKind? _revoked;
    private bool _done;

    public StreamKind Kind { get; private set; }

    /// <summary>What to answer in place of the destination; null for nothing.</summary>
    public Denial? Refusal { get; private set; }

    /// <summary>Why it was cut as a stream.</summary>
    public StreamEnd End { get; private set; }

    /// <summary>What the destination receives as <c>Authorization</c> in place of the client's; null for nothing.</summary>
    public string? Authorization { get; set; }

    /// <summary>When the response headers came, as a timestamp.</summary>
    public long AnsweredAt { get; private set; }

    /// <summary>When the access token expires; moved by whoever finds that the session was refreshed.</summary>
    public DateTimeOffset ExpiresAt { get; set; } = token.ExpiresAt;

    /// <summary>Whether it counts among the streams: from the handshake on for a WebSocket, so that it can be refused before.</summary>
    public bool HoldsPlace { get; set; }

    public bool IsRevoked => _revoked is not null;

    /// <summary>Lets the forwarder see the end of this request as that of the client.</summary>
    public void Begin()
    {
        _clientGone = _client.UnsafeRegister(static request => ((ForwardedRequest)request!).Cancel(), this);
        context.RequestAborted = _cut.Token;
    }

    /// <summary>From now on nothing can be done to the request, and the client's own going away counts again.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _done = true;
        }

        _clientGone.Dispose();
        context.RequestAborted = _client;
        _cut.Dispose();
    }

    /// <summary>The response headers are here: the request is past refusing. False when it has been refused before that.</summary>
    public bool TryAnswer(StreamKind kind, long now)
    {
        lock (_lock)
        {
            // Of a request that may finish, no stream may begin.
            if (Refusal is null && _revoked is not null && kind.IsLimited())
            {
                Refusal = Denial.InvalidToken;
            }

            if (Refusal is not null)
            {
                return false;
            }

            (Kind, AnsweredAt) = (kind, now);
            return true;
        }
    }

    /// <summary>Answers this in place of the destination; only before the response headers are passed on.</summary>
    public void Refuse(Denial denial) => Refusal = denial;

    /// <summary>From now on a cut says goodbye in a frame.</summary>
    public void Attach(WebSocketRelay relay)
    {
        lock (_lock)
        {
            _relay = relay;
        }
    }

    protected internal override bool Revoke(RevocationKind kind)
    {
        bool abort = false;
        bool unwinds;
        StreamEnd end = StreamEnd.None;
        lock (_lock)
        {
            if (_done)
            {
                return false;
            }

            _revoked ??= kind;
            unwinds = !finishes && Kind == StreamKind.Waiting;
            if (Kind == StreamKind.Waiting)
            {
                abort = !finishes && Refusal is null;
                Refusal ??= finishes ? null : Denial.InvalidToken;
            }
            else if (Kind != StreamKind.Answer)
            {
                end = EndOf(kind);
            }
        }

        if (abort)
        {
            // Here and now, since whoever applies the entry waits until the request has unwound. It completes tasks and closes a socket,
            // and nobody's code continues on this thread.
            Cancel();
            requests.Aborted();
        }
        else if (end != StreamEnd.None)
        {
            Cut(end);
        }

        return unwinds;
    }

    /// <summary>Cuts what was revoked before it was a stream.</summary>
    public void CutRevoked()
    {
        if (_revoked is { } kind)
        {
            Cut(EndOf(kind));
        }
    }

    /// <summary>Cuts the stream, once. Returns at once; the client and the destination are told in the background, within a bound.</summary>
    public void Cut(StreamEnd end)
    {
        WebSocketRelay? relay;
        lock (_lock)
        {
            if (_done || End != StreamEnd.None)
            {
                return;
            }

            End = end;
            relay = _relay;
        }

        relay?.Stop(end);
        requests.Cut(this);
        ThreadPool.UnsafeQueueUserWorkItem(static cut => _ = cut.Request.EndAsync(cut.Relay), (Request: this, Relay: relay), preferLocal: false);
    }

    private static StreamEnd EndOf(RevocationKind kind) => kind == RevocationKind.Session ? StreamEnd.SessionEnded : StreamEnd.TokenRevoked;

    private async Task EndAsync(WebSocketRelay? relay)
    {
        bool parted = relay is not null && await relay.CloseAsync();
        Cancel();
        if (!parted)
        {
            Abort();
        }
    }

    /// <summary>The server uses a context again for the connection's next request: not after the end of this one.</summary>
    private void Abort()
    {
        lock (_lock)
        {
            if (!_done)
            {
                context.Abort();
            }
        }
    }

    private void Cancel()
    {
        try
        {
            _cut.Cancel();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or AggregateException)
        {
            // It is done, or somebody's clean-up failed: neither is for whoever cancels.
        }
    }
}
