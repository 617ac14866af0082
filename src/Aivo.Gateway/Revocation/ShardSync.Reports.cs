using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <content>What it tells of itself.</content>
internal sealed partial class ShardSync
{
    private void Report(SyncReply reply, long sentAt)
    {
        if (reply.Outcome == SyncOutcome.Read)
        {
            _lag = reply.Last - reply.Reached;
            _unacknowledged &= !reply.Acknowledged;
            _logTime = reply.ServerTime;
            _clockOffset = reply.ServerTime - _timeProvider.GetUtcNow();
            _syncedAt = reply.IsComplete ? sentAt : _syncedAt;
        }

        _fenced = reply.Outcome != SyncOutcome.Read || !reply.Open || !_own.Restored;
        _state.Report(_shard, new ShardStanding(_own, _fenced, _lag, _clockOffset, _syncedAt) { LogTime = _logTime });
    }

    private static partial class Log
    {
        [LoggerMessage(400, LogLevel.Warning, "Fetching revocations of shard {Shard} failed; trying again until it works", EventName = "RevocationSyncFailed")]
        public static partial void SyncFailed(ILogger logger, Exception exception, ushort shard);

        [LoggerMessage(404, LogLevel.Information, "Following epoch {Epoch} of shard {Shard}: reading all of its log", EventName = "RevocationEpochFollowed")]
        public static partial void EpochFollowed(ILogger logger, ushort shard, string? epoch);

        [LoggerMessage(405, LogLevel.Warning, "Redis has no revocation log for shard {Shard}, or was restarted or promoted since it began (epoch {Found}): beginning a new epoch; 503 until it opens, two leases from now", EventName = "RevocationEpochBegun")]
        public static partial void EpochBegun(ILogger logger, ushort shard, string found);

        [LoggerMessage(406, LogLevel.Information, "The epoch of shard {Shard} is open", EventName = "RevocationEpochOpened")]
        public static partial void EpochOpened(ILogger logger, ushort shard);

        [LoggerMessage(407, LogLevel.Warning, "The log of shard {Shard} lacks {Entries} revocations that this node knows: writing them back", EventName = "RevocationsRestored")]
        public static partial void Restoring(ILogger logger, ushort shard, int entries);

        [LoggerMessage(408, LogLevel.Warning, "Too few replicas acknowledged a sync of shard {Shard}: no lease comes of it (see Redis:WaitReplicas)", EventName = "RevocationNotAcknowledged")]
        public static partial void NotAcknowledged(ILogger logger, ushort shard);

        [LoggerMessage(409, LogLevel.Warning, "{Nodes} nodes said nothing for a whole lease of shard {Shard}: an end waited for them, later ones will not", EventName = "RevocationSilentNodes")]
        public static partial void SilentNodes(ILogger logger, ushort shard, int nodes);
    }
}
