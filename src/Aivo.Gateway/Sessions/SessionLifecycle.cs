using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>
/// The rules of a session, as functions of what is passed in: no clock, no store, no randomness. <c>now</c> is always the store's clock,
/// since the clocks of nodes may differ by more than the rules allow.
/// </summary>
internal static class SessionLifecycle
{
    /// <summary>How many used leaves a record keeps at most.</summary>
    public const int MostEarlierLeaves = 16;

    /// <summary>After how long a client abandons a refresh.</summary>
    private static readonly TimeSpan ClientTimeout = TimeSpan.FromSeconds(10);

    /// <param name="id">A new id: the session takes nothing over from the client (SR-09, ASVS 7.2.4).</param>
    /// <param name="rootLabel">From <see cref="LeafLabels.CreateRoot"/>.</param>
    public static SessionRecord Create(
        SessionId id, UserId user, TenantId tenant, SessionClient client, string rootLabel, string activeKeyId, DateTimeOffset now,
        SessionsOptions options) =>
        new(id, user, tenant, now, now + options.AbsoluteLifetime, new Leaf(1, rootLabel, now, null, activeKeyId), [], client, null);

    /// <summary>
    /// Judges a presented refresh token (RFC 9700, section 4.14.2). A decision to rotate holds only after <see cref="Admit"/>. A refusal
    /// changes nothing. That a used token is refused without ending the session is this release's limit: it cannot yet tell a lost answer
    /// from theft.
    /// </summary>
    public static SessionDecision<RefreshOutcome> Refresh(
        SessionRecord? record, PresentedToken presented, DateTimeOffset now, SessionsOptions options, string activeKeyId)
    {
        if (record is null)
        {
            return Refused(RefreshOutcome.UnknownSession, record);
        }

        if (record.End is not null)
        {
            return Refused(RefreshOutcome.Ended, record);
        }

        if (now >= record.AbsoluteEnd)
        {
            return Refused(RefreshOutcome.ExpiredAbsolute, record);
        }

        // A token younger than the record's live leaf proves that a write was lost; the session was in use then (SR-52).
        DateTimeOffset lastSeen = presented.IssuedAt > record.Live.Issued ? presented.IssuedAt : record.Live.Issued;
        if (now >= lastSeen + options.IdleLifetime)
        {
            return Refused(RefreshOutcome.ExpiredIdle, record);
        }

        // The label was sealed by the gateway, so the presenter did not choose it: an ordinary comparison tells nothing by its time.
        if (presented.Number != record.Live.Number || presented.Label != record.Live.Label)
        {
            return Refused(RefreshOutcome.NotCurrent, record);
        }

        return new SessionDecision<RefreshOutcome>(RefreshOutcome.Rotated, Rotate(record, now, options, activeKeyId), true, []);
    }

    /// <summary>
    /// Holds a decision against the user, who is read after it and before the commit (SR-53): one who is not active ends the session.
    /// </summary>
    /// <param name="present">The record that the decision was made on.</param>
    public static SessionDecision<RefreshOutcome> Admit(
        SessionDecision<RefreshOutcome> decision, SessionRecord present, UserStanding standing, DateTimeOffset now, TimeSpan retention)
    {
        if (standing.Active)
        {
            return decision with { Record = decision.Record! with { Tenant = standing.Tenant } };
        }

        SessionDecision<EndOutcome> end = End(present.Id, present, EndReason.UserInactive, now, retention);
        return new SessionDecision<RefreshOutcome>(RefreshOutcome.UserInactive, end.Record, true, end.Revocations);
    }

    /// <summary>
    /// Ends a session; the first end stands (RFC 7009, section 2.2: to repeat it is no error). It is written again all the same, with its
    /// revocation: the caller may be repeating a call whose commit it never heard of. A session that is not stored gets the revocation
    /// alone: no record can come back under its id, but an access token of it may be valid.
    /// </summary>
    /// <param name="retention">For how long a revocation is kept: longer than any access token lives.</param>
    public static SessionDecision<EndOutcome> End(SessionId id, SessionRecord? record, EndReason reason, DateTimeOffset now, TimeSpan retention)
    {
        ImmutableArray<RevocationEntry> revocations = [RevocationEntry.ForSession(id, now + retention)];
        return record switch
        {
            null => new SessionDecision<EndOutcome>(EndOutcome.UnknownSession, null, true, revocations),
            { End: not null } => new SessionDecision<EndOutcome>(EndOutcome.AlreadyEnded, record, true, revocations),
            _ => new SessionDecision<EndOutcome>(EndOutcome.Ended, record with { End = new SessionEnd(reason, now) }, true, revocations),
        };
    }

    private static SessionRecord Rotate(SessionRecord record, DateTimeOffset now, SessionsOptions options, string activeKeyId)
    {
        // Nothing above reads the earlier leaves yet. They are kept for as long as a late answer or a second tab may refer to them, so that
        // a later release finds the lineage of sessions that this one rotated.
        TimeSpan kept = (4 * ClientTimeout) + options.MaxHold;
        Leaf used = record.Live with { FirstUsed = record.Live.FirstUsed ?? now };
        int number = checked(used.Number + 1);
        return record with
        {
            Live = new Leaf(number, LeafLabels.Child(used.Label, number), now, null, activeKeyId),
            Earlier = [.. record.Earlier.Append(used).Where(leaf => now < leaf.FirstUsed + kept).TakeLast(MostEarlierLeaves)],
        };
    }

    private static SessionDecision<RefreshOutcome> Refused(RefreshOutcome outcome, SessionRecord? record) => new(outcome, record, false, []);
}
