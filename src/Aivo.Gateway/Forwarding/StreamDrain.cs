using Aivo.Gateway.Http;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Closes WebSockets (1001) and event streams of a node that stops, spread over <c>Streams:DrainTime</c>: they would last for ever, and
/// their clients would else come back all at once. gRPC calls and ordinary answers have an end of their own: they get the shutdown's time.
/// </summary>
internal sealed partial class StreamDrain(
    RequestsInFlight inFlight, ForwardedRequests requests, StreamOptions options, GatewayOptions gateway, TimeProvider time, ILogger<StreamDrain> logger) : IDrainStep
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        requests.IsDraining = true;
        List<ForwardedRequest> open = Open();
        TimeSpan most = gateway.ShutdownTimeout / 2;
        TimeSpan span = options.DrainTime < most ? options.DrainTime : most;
        Log.Begun(logger, open.Count, span);
        try
        {
            await SpreadAsync(open, span, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The host's patience is over: the rest at once.
        }

        // And what has become a stream meanwhile.
        foreach (ForwardedRequest request in Open())
        {
            request.Cut(StreamEnd.GoingAway);
        }
    }

    private async Task SpreadAsync(List<ForwardedRequest> open, TimeSpan span, CancellationToken cancellationToken)
    {
        long begun = time.GetTimestamp();
        for (int cut = 0; cut < open.Count;)
        {
            double share = span == TimeSpan.Zero ? 1 : Math.Min(1, (time.GetElapsedTime(begun) + Step) / span);
            for (int due = (int)Math.Ceiling(share * open.Count); cut < due; cut++)
            {
                open[cut].Cut(StreamEnd.GoingAway);
            }

            if (cut < open.Count)
            {
                await Task.Delay(Step, time, cancellationToken);
            }
        }
    }

    private List<ForwardedRequest> Open() =>
        [.. inFlight.Snapshot().Cast<ForwardedRequest>().Where(request => request is { Kind: StreamKind.WebSocket or StreamKind.EventStream, End: StreamEnd.None })];

    private static partial class Log
    {
        [LoggerMessage(904, LogLevel.Information, "Closing {Count} streams within {Span}, since the node stops", EventName = "StreamsDraining")]
        public static partial void Begun(ILogger logger, int count, TimeSpan span);
    }
}
