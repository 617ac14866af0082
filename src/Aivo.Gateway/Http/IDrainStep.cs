namespace Aivo.Gateway.Http;

/// <summary>What has to end in order when the node stops, after <c>Gateway:DrainDelay</c> and before the listeners close.</summary>
internal interface IDrainStep
{
    /// <summary>Does not throw; ends early when the host's patience is over.</summary>
    Task DrainAsync(CancellationToken cancellationToken);
}
