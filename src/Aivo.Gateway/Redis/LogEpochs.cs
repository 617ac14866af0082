using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Redis;

/// <summary>
/// The epoch of each shard's log that this process follows. Every write names it, and Redis refuses one under another epoch: a caller that
/// has not noticed a new data set must not write into it.
/// </summary>
internal sealed class LogEpochs(int shards)
{
    private readonly string?[] _epochs = new string?[shards];

    public int Shards => _epochs.Length;

    /// <summary>Null before the log was read.</summary>
    public string? this[ushort shard]
    {
        get => shard < _epochs.Length ? Volatile.Read(ref _epochs[shard]) : null;
        set => Volatile.Write(ref _epochs[shard], value);
    }

    /// <exception cref="StoreUnavailableException">This process does not follow the shard's log, or not yet.</exception>
    public string Require(ushort shard) => this[shard] ?? throw new StoreUnavailableException("revocations", null);
}
