namespace Aivo.Gateway.Redis;

/// <summary>What can only be asked from within a script: a right to run a command does not say that a script may.</summary>
internal static class InspectionScripts
{
    /// <summary>
    /// ARGV: a channel of ours, on which nobody listens. Returns whether the replication id can be read and whether the channel can be
    /// published to, each 1 or 0; and the clock (Unix ms). Touches no key, so that every primary of a Cluster answers it.
    /// </summary>
    /// <remarks>A server that only resembles Redis may answer <c>INFO</c> without a replication id.</remarks>
    public const string Rights = """
        local information = redis.pcall('INFO', 'replication')
        local published = redis.pcall('PUBLISH', ARGV[1], '')
        local time = redis.call('TIME')
        return {
          type(information) == 'string' and string.find(information, 'master_replid:%x') and 1 or 0,
          type(published) == 'number' and 1 or 0,
          time[1] * 1000 + math.floor(time[2] / 1000)
        }
        """;
}
