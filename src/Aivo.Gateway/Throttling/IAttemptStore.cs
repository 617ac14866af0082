namespace Aivo.Gateway.Throttling;

/// <summary>
/// Counts attempts before they are made. A store that cannot say throws: an unknown count is a refusal, never "unlimited".
/// </summary>
internal interface IAttemptStore
{
    /// <summary>Raises the counter of every limit, or of none if one of them is exhausted, in one atomic step.</summary>
    /// <param name="limits">At least one; their subjects differ.</param>
    /// <exception cref="Primitives.StoreUnavailableException">The count is not known. It may have been raised.</exception>
    ValueTask<AttemptReservation> ReserveAsync(IReadOnlyList<AttemptLimit> limits, CancellationToken cancellationToken);

    /// <summary>Gives a granted reservation back, once; where its window has ended meanwhile, nothing changes.</summary>
    /// <exception cref="Primitives.StoreUnavailableException">The reservation may still count.</exception>
    ValueTask ReleaseAsync(AttemptReservation reservation, CancellationToken cancellationToken);
}
