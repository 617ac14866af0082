namespace Aivo.Gateway.Http;

/// <summary>
/// The orderly stop: readiness turns to 503 at once, the node goes on serving for <c>Gateway:DrainDelay</c> so that load balancers
/// notice, then ends what would last for ever (<see cref="IDrainStep"/>), and only then do the listeners close and requests in flight get
/// <c>Gateway:ShutdownTimeout</c> to end.
/// </summary>
internal sealed partial class Draining(GatewayOptions options, IEnumerable<IDrainStep> steps, TimeProvider time, ILogger<Draining> logger) : IHostedLifecycleService
{
    private volatile bool _begun;

    public bool HasBegun => _begun;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _begun = true;
        Log.Begun(logger, options.DrainDelay);
        try
        {
            await Task.Delay(options.DrainDelay, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The host's patience is over: stop now.
        }

        foreach (IDrainStep step in steps)
        {
            await step.DrainAsync(cancellationToken);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Information, "Stopping: not ready from now on, serving for another {DrainDelay}", EventName = "DrainingBegun")]
        public static partial void Begun(ILogger logger, TimeSpan drainDelay);
    }
}
