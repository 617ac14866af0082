using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>How much life a stored session has left, judged on its record alone.</summary>
internal enum SessionLiveness
{
    /// <summary>Not stored, ended, or past its absolute end: nothing brings it back.</summary>
    Dead,

    /// <summary>
    /// Past its idle life by its record. A token that is younger than the record, because a write was lost, may still refresh it: so it is
    /// never taken out of an index without being ended.
    /// </summary>
    Idle,

    Live,
}

internal static class SessionLivenessRules
{
    public static SessionLiveness Liveness(this SessionRecord? record, DateTimeOffset now, SessionsOptions options) => record switch
    {
        null or { End: not null } => SessionLiveness.Dead,
        _ when now >= record.AbsoluteEnd => SessionLiveness.Dead,
        _ when now >= record.Live.Issued + options.IdleLifetime => SessionLiveness.Idle,
        _ => SessionLiveness.Live,
    };

    /// <summary>When a token of the session was last handed out or, as far as the record knows, first used.</summary>
    public static DateTimeOffset LastUsed(this SessionRecord record) =>
        record.Live.FirstUsed is { } used && used > record.Live.Issued ? used : record.Live.Issued;
}
