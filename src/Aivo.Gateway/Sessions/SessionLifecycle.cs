using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>
/// The rules of a session, as functions of what is passed in: no clock, no store, no randomness. <c>now</c> is always the store's clock,
/// since the clocks of nodes may differ by more than the rules allow. What a presented token means is <see cref="RefreshTable"/>'s.
/// </summary>
internal static class SessionLifecycle
{
    /// <summary>How many used leaves a record keeps at most; a rotation that would need one more is put off.</summary>
    public const int MostEarlierLeaves = 16;

    /// <summary>From how many leaves that two clients hold on an event is raised.</summary>
    public const int SharedLeavesNoticed = 3;

    /// <param name="id">A new id: the session takes nothing over from the client (SR-09, ASVS 7.2.4).</param>
    /// <param name="rootLabel">From <see cref="LeafLabels.CreateRoot"/>.</param>
    public static SessionRecord Create(
        SessionId id, UserId user, TenantId tenant, SessionClient client, string rootLabel, string activeKeyId, DateTimeOffset now,
        SessionsOptions options) =>
        new(id, user, tenant, now, now + options.AbsoluteLifetime, new Leaf(1, rootLabel, now, null, activeKeyId, client.Fingerprint), [], client, null);

    /// <summary>
    /// Judges a presented refresh token. A success holds only after <see cref="Admit"/>; a refusal holds as it is.
    /// </summary>
    /// <param name="retention">For how long a revocation is kept: longer than any access token lives.</param>
    public static SessionDecision<RefreshOutcome> Refresh(
        SessionRecord? record, PresentedToken presented, DateTimeOffset now, SessionsOptions options, string activeKeyId, TimeSpan retention,
        RefreshRules? rules = null)
    {
        if (record is null)
        {
            return Unchanged(RefreshOutcome.UnknownSession, record);
        }

        if (record.End is not null)
        {
            // Whoever first heard of the end may have been told only that it is uncertain. So it is written again, to be acknowledged.
            return Ended(RefreshOutcome.Ended, record, record.End.Reason, now, retention);
        }

        if (now >= record.AbsoluteEnd)
        {
            return Unchanged(RefreshOutcome.ExpiredAbsolute, record);
        }

        // A token younger than the record's live leaf proves that a write was lost; the session was in use then (SR-52).
        DateTimeOffset lastSeen = presented.IssuedAt > record.Live.Issued ? presented.IssuedAt : record.Live.Issued;
        if (now >= lastSeen + options.IdleLifetime)
        {
            return Unchanged(RefreshOutcome.ExpiredIdle, record);
        }

        rules ??= RefreshRules.All;
        var windows = RefreshWindows.From(options);
        RefreshRow row = RefreshTable.Find(record, presented, now, windows, rules);
        var next = new NextLeaf(record, presented, now, activeKeyId, windows, rules);
        return row.Outcome switch
        {
            RefreshOutcome.Rotated => next.Rotate(),
            RefreshOutcome.Adopted => next.Adopt(),
            RefreshOutcome.Superseded => next.Supersede(retention),
            RefreshOutcome.HandedOutAgain => HandOutAgain(record, presented, now, options, retention),
            RefreshOutcome.Theft when rules.EndsOnTheft => Ended(RefreshOutcome.Theft, record, EndReason.Theft, now, retention),
            _ => Unchanged(row.Outcome, record) with { RetryAfter = row.RetryAfter },
        };
    }

    /// <summary>
    /// Holds a success against the user, who is read after the decision and before the commit (SR-53): one who is not active ends the
    /// session.
    /// </summary>
    /// <param name="present">The record that the decision was made on.</param>
    public static SessionDecision<RefreshOutcome> Admit(
        SessionDecision<RefreshOutcome> decision, SessionRecord present, UserStanding standing, DateTimeOffset now, TimeSpan retention) =>
        !standing.Active ? Ended(RefreshOutcome.UserInactive, present, EndReason.UserInactive, now, retention)
            : decision.Commits ? decision with { Record = decision.Record! with { Tenant = standing.Tenant } }
            : decision;

    /// <summary>
    /// Notes that the live leaf's access token was seen at work. From then on the leaf is used: its parent is theft once the windows are
    /// over. Null when there is nothing to note: the token is not the live leaf's, or the leaf has been used before.
    /// </summary>
    public static SessionRecord? MarkUsed(SessionRecord? record, TokenId token, DateTimeOffset now) =>
        record is { End: null, Live: { FirstUsed: null } live } && now < record.AbsoluteEnd && TokenIds.ForLeaf(live.Label, live.Issued) == token
            ? record with { Live = live with { FirstUsed = now } }
            : null;

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

    /// <summary>
    /// The live pair once more. Nothing is written, but when a second client gets the leaf, which is counted once per leaf: whoever polls
    /// with the parent in every window stays in step unseen, and this is what shows of it. Of a leaf that an earlier release made nobody
    /// knows to whom it went.
    /// </summary>
    private static SessionDecision<RefreshOutcome> HandOutAgain(
        SessionRecord record, PresentedToken presented, DateTimeOffset now, SessionsOptions options, TimeSpan retention)
    {
        Leaf live = record.Live;
        if (live.Shared || live.HandedTo == presented.Presenter || live.HandedTo == ClientFingerprint.None)
        {
            return Unchanged(RefreshOutcome.HandedOutAgain, record);
        }

        SessionRecord counted = record with { Live = live with { Shared = true }, SharedLeaves = record.SharedLeaves + 1 };
        return options.EndShared && counted.SharedLeaves >= SharedLeavesNoticed
            ? Ended(RefreshOutcome.EndedShared, counted, EndReason.SharedToken, now, retention)
            : new SessionDecision<RefreshOutcome>(RefreshOutcome.Shared, counted, true, []);
    }

    private static SessionDecision<RefreshOutcome> Ended(
        RefreshOutcome outcome, SessionRecord present, EndReason reason, DateTimeOffset now, TimeSpan retention)
    {
        SessionDecision<EndOutcome> end = End(present.Id, present, reason, now, retention);
        return new SessionDecision<RefreshOutcome>(outcome, end.Record, true, end.Revocations);
    }

    private static SessionDecision<RefreshOutcome> Unchanged(RefreshOutcome outcome, SessionRecord? record) => new(outcome, record, false, []);
}
