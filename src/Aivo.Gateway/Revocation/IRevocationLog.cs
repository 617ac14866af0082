namespace Aivo.Gateway.Revocation;

/// <summary>
/// The numbered log of revocations that nodes read. It only reports; what a report means for this node is decided by
/// <see cref="RevocationFeed"/>. Entries are appended by the commit that ends a session, in the same step.
/// </summary>
internal interface IRevocationLog
{
    /// <summary>False where every entry is made by this process, so that nothing can be missed.</summary>
    bool IsShared { get; }

    /// <summary>Reads the entries above <paramref name="cursor"/>; above 0 is the snapshot.</summary>
    /// <exception cref="Primitives.StoreUnavailableException">The log could not be read in time.</exception>
    ValueTask<RevocationDelta> ReadAsync(long cursor, CancellationToken cancellationToken);
}
