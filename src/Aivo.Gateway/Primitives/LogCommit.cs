using System.Collections.Immutable;

namespace Aivo.Gateway.Primitives;

/// <summary>What the revocation log says of a node that may hold a lease.</summary>
/// <param name="Node">Random per process.</param>
/// <param name="Sequence">Of the last sync that was executed for it.</param>
/// <param name="Applied">Every entry up to this number is applied there, as that sync reported.</param>
internal readonly record struct LeaseField(string Node, long Sequence, long Applied);

/// <summary>What has to be known of a commit to wait until it holds on every node (revocation.md, rules 5 and 6).</summary>
/// <param name="Epoch">Under which the log took it.</param>
/// <param name="Number">The highest number that its entries have; 0 where it has none.</param>
/// <param name="Leases">Every node that could forward without knowing of it when it was made; empty where it revokes nothing.</param>
internal sealed record LogCommit(ushort Shard, string Epoch, long Number, ImmutableArray<LeaseField> Leases)
{
    /// <summary>A write without revocations, made by a caller who stood at <paramref name="position"/>.</summary>
    public static LogCommit At(ushort shard, LogPosition position) => new(shard, position.Epoch, 0, []);
}
