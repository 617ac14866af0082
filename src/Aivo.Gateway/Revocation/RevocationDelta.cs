using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>What one read of the revocation log gave: the entries above the reader's cursor, oldest first.</summary>
/// <param name="Epoch">Names the data set; another value means that numbers begin anew.</param>
/// <param name="Last">The number of the last entry the log has ever taken.</param>
/// <param name="Reached">Every entry up to this number is known once <paramref name="Entries"/> are applied: the next cursor.</param>
/// <param name="Entries">At most <see cref="MostEntries"/>.</param>
/// <param name="ServerTime">The log's own wall clock.</param>
internal sealed record RevocationDelta(
    string Epoch, long Last, long Reached, IReadOnlyList<RevocationEntry> Entries, DateTimeOffset ServerTime)
{
    /// <summary>A snapshot of 100,000 in one reply would block Redis for a quarter of a second.</summary>
    public const int MostEntries = 5_000;

    public bool IsComplete => Reached == Last;
}
