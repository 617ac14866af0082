using System.Buffers;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// The client's side of a forwarded WebSocket, as the forwarder sees it. It passes everything on as it comes, and can part with both sides
/// in order: the client gets a close frame where a frame ends, and what it sends afterwards reaches nobody; the destination gets a close
/// frame too if it has whole frames, and else the end of the connection.
/// </summary>
internal sealed partial class WebSocketRelay(Stream client, TimeProvider time) : Stream
{
    /// <summary>How long a frame on its way to the client may take to end, and then again the client to answer.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _stopReading = new();
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _parting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _reading;
    private CancellationToken _readingFor;
    private WebSocketFrames _toClient;
    private WebSocketFrames _fromClient;
    private byte[]? _goodbye;
    private volatile bool _stopped;
    private bool _broken;
    private bool _told;

    /// <summary>
    /// From now on nothing that the client sends is passed on, and the next frame it gets is the close frame. Does not wait;
    /// <see cref="CloseAsync"/> has to follow.
    /// </summary>
    public void Stop(StreamEnd end)
    {
        (ushort status, string reason) = end.CloseFrame();
        Volatile.Write(ref _goodbye, WebSocketFrames.Close(status, reason));
        _stopped = true;
        try
        {
            // What waits for the client wakes up elsewhere.
            _ = _stopReading.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It is over.
        }
    }

    /// <summary>Sends the client a close frame and waits for its answer; false when either took too long or failed.</summary>
    public async Task<bool> CloseAsync()
    {
        try
        {
            if (await _writing.WaitAsync(Bound))
            {
                try
                {
                    await SayGoodbyeAsync();
                }
                finally
                {
                    _writing.Release();
                }
            }

            await _sent.Task.WaitAsync(Bound, time);
            _parting.TrySetResult();
            await _answered.Task.WaitAsync(Bound, time);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
        finally
        {
            _parting.TrySetResult();
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            bool leaving = Volatile.Read(ref _goodbye) is not null;
            if (leaving)
            {
                // The rest of the frame that has begun; what follows reaches nobody.
                buffer = buffer[.._toClient.ReadRest(buffer.Span)];
            }
            else
            {
                _toClient.Read(buffer.Span);
            }

            if (!buffer.IsEmpty)
            {
                _broken = true;
                await client.WriteAsync(buffer, cancellationToken);
                _broken = false;
            }

            if (leaving)
            {
                await SayGoodbyeAsync();
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            if (!_stopped)
            {
                int read = await client.ReadAsync(buffer, ReadingToken(cancellationToken));
                if (_stopped && read > 0)
                {
                    await _parting.Task.WaitAsync(cancellationToken);
                    return Part(buffer, buffer[..read].Span);
                }

                Note(buffer.Span[..read], ended: read == 0 && !buffer.IsEmpty);
                return read;
            }
        }
        catch (OperationCanceledException) when (_stopped && !cancellationToken.IsCancellationRequested)
        {
            // Woken up to part.
        }

        if (buffer.IsEmpty)
        {
            return 0;
        }

        // The client first: else the destination's own goodbye could overtake ours and end everything.
        await _parting.Task.WaitAsync(cancellationToken);
        return _told ? await AwaitCloseAsync(cancellationToken) : Part(buffer, []);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _answered.TrySetResult();
            _reading?.Dispose();
            _stopReading.Dispose();
            client.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>To be called by whoever holds the writing: at a boundary, and once.</summary>
    private async Task SayGoodbyeAsync()
    {
        if (_broken || _sent.Task.IsCompleted || !_toClient.AtBoundary)
        {
            return;
        }

        if (!_toClient.IsClosed)
        {
            byte[] goodbye = _goodbye!;
            _toClient.Read(goodbye);
            _broken = true;
            // A client that does not read keeps nobody waiting.
            using var bound = new CancellationTokenSource(Bound, time);
            await client.WriteAsync(goodbye, bound.Token);
            await client.FlushAsync(bound.Token);
            _broken = false;
        }

        _sent.TrySetResult();
    }

    /// <summary>What the destination is told: a close frame (1001, masked with zero as a client's must be masked), or 0 for the end.</summary>
    private int Part(Memory<byte> buffer, ReadOnlySpan<byte> unsent)
    {
        ReadOnlySpan<byte> goingAway = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9];
        bool whole = _fromClient is { AtBoundary: true, IsClosed: false };
        _told = true;
        Note(unsent, ended: false);
        if (!whole || buffer.Length < goingAway.Length)
        {
            return 0;
        }

        goingAway.CopyTo(buffer.Span);
        return goingAway.Length;
    }

    /// <summary>Reads on only to see the client's own close frame.</summary>
    private async Task<int> AwaitCloseAsync(CancellationToken cancellationToken)
    {
        byte[] unheard = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            while (!_answered.Task.IsCompleted)
            {
                int read = await client.ReadAsync(unheard, cancellationToken);
                Note(unheard.AsSpan(0, read), ended: read == 0);
            }

            return 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(unheard);
        }
    }

    private void Note(ReadOnlySpan<byte> bytes, bool ended)
    {
        _fromClient.Read(bytes);
        if (ended || _fromClient.IsClosed)
        {
            _answered.TrySetResult();
        }
    }

    /// <summary>The forwarder reads with one token all the time, so it is linked once.</summary>
    private CancellationToken ReadingToken(CancellationToken cancellationToken)
    {
        if (_reading is null || _readingFor != cancellationToken)
        {
            _reading?.Dispose();
            _reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopReading.Token);
            _readingFor = cancellationToken;
        }

        return _reading.Token;
    }
}
