using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>A session that has begun.</summary>
/// <param name="Surplus">The user's whole index where it holds more than <see cref="SessionsOptions.MaxPerUser"/>; else empty.</param>
internal sealed record BegunSession(SessionRecord Record, ImmutableArray<IndexedSession> Surplus);

/// <summary>
/// Begins sessions, in one call to the store: the record is made with this node's estimate of the store's clock, and made again with the
/// clock that the store names where the estimate is off.
/// </summary>
/// <param name="positions">How far this node has followed the log of each shard; null where it has read nothing.</param>
/// <param name="storeTime">This node's estimate of the store's clock.</param>
/// <param name="retention">For how long a record is kept beyond its absolute end.</param>
internal sealed class SessionLogins(
    ISessionIndex index, SessionsOptions options, TimeSpan retention, Func<LogPosition?[]> positions, Func<DateTimeOffset> storeTime)
{
    /// <summary>To be read before the password is verified: a raise of the user's epoch that comes later shows up as a higher number.</summary>
    /// <returns>One for each shard: whose user logs in is not known yet.</returns>
    public LogPosition?[] Positions() => positions();

    /// <param name="shard">The user's.</param>
    /// <param name="verifiedAt">The position before the password was verified.</param>
    /// <returns>Null when the user's epoch was raised since, or may have been: the password is to be verified again.</returns>
    /// <exception cref="StoreUnavailableException">Nothing can be said; at worst a session remains of which nobody has a token.</exception>
    public async Task<BegunSession?> BeginAsync(
        UserId user, TenantId tenant, SessionClient client, string activeKeyId, ushort shard, LogPosition verifiedAt, CancellationToken cancellationToken)
    {
        SessionId id = SessionId.Create(shard);
        string rootLabel = LeafLabels.CreateRoot();
        DateTimeOffset now = storeTime();
        for (int attempt = 0; attempt < 2; attempt++)
        {
            var wholeMilliseconds = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
            SessionRecord record = SessionLifecycle.Create(id, user, tenant, client, rootLabel, activeKeyId, wholeMilliseconds, options);
            var session = new NewSession(
                id, user, tenant, SessionRecordCodec.Encode(record), record.CreatedAt, record.AbsoluteEnd, record.AbsoluteEnd + retention);
            CreateResult result = await index.CreateAsync(session, verifiedAt, options.MaxPerUser, cancellationToken);
            switch (result.Outcome)
            {
                case CreateOutcome.Created:
                    return new BegunSession(record, result.Surplus);
                case CreateOutcome.EpochRaised:
                    return null;
                case CreateOutcome.Taken:
                    // 128 random bits do not meet by chance: a store that holds a record under them is not to be believed.
                    throw new StoreUnavailableException("sessions", null);
                default:
                    now = result.Now;
                    break;
            }
        }

        throw new StoreUnavailableException("sessions", null);
    }
}
