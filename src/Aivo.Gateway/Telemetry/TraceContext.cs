using System.Diagnostics;

namespace Aivo.Gateway.Telemetry;

/// <summary>
/// Makes the server begin an activity for every request, so that each has a W3C trace id, taken from <c>traceparent</c> where that is
/// well-formed. Only what propagation needs is recorded. The server's own way to the same, a log scope per request, costs more.
/// </summary>
internal sealed class TraceContext : IDisposable
{
    public const string ServerSource = "Microsoft.AspNetCore";

    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = source => source.Name == ServerSource,
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
    };

    public TraceContext() => ActivitySource.AddActivityListener(_listener);

    public void Dispose() => _listener.Dispose();
}
