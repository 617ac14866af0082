namespace Aivo.Gateway.Revocation;

/// <summary>
/// The leased replica as pure steps: they read no clock and do no I/O, so that histories run on virtual time. The driver runs them, one
/// sync at a time. Entries are applied before the step that counts them.
/// </summary>
/// <remarks>
/// A lease says: at the time of its sending, this node was about to learn every end that had been committed. It is over before an end
/// that a node has not shown to have applied is confirmed, and before a new epoch opens, so nothing has to be taken back: a node that
/// cannot reach the log, or finds another epoch, lets its lease run out.
/// </remarks>
internal static class RevocationLease
{
    /// <summary>Before a sync is sent. <paramref name="now"/> is the time the lease will count from.</summary>
    public static (LeaseState State, SyncRequest Request) Sent(LeaseState state, long now)
    {
        LeaseState sent = state with { Sequence = state.Sequence + 1, SentAt = now };
        return (sent, new SyncRequest(sent.Epoch, sent.Node, sent.Sequence, sent.Applied));
    }

    /// <summary>The sync brought no answer in time. That takes nothing away; the driver asks for the master and syncs again.</summary>
    public static LeaseState Failed(LeaseState state) => state with { SentAt = null };

    /// <param name="state">After <see cref="Sent"/>; otherwise the sync was given up, and its reply counts for nothing.</param>
    /// <param name="reply">Its entries are applied already.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="lease">L, in timestamp units.</param>
    /// <param name="rules">For tests.</param>
    public static LeaseStep Received(LeaseState state, SyncReply reply, long now, long lease, LeaseRules? rules = null)
    {
        rules ??= LeaseRules.All;
        if (state.SentAt is not { } sentAt)
        {
            return new LeaseStep(state, LeaseAction.Pause);
        }

        state = state with { SentAt = null };
        return reply.Outcome switch
        {
            SyncOutcome.BeginNeeded => new LeaseStep(state, LeaseAction.Begin),
            SyncOutcome.OtherEpoch => new LeaseStep(Entered(state, reply, rules), LeaseAction.SyncAtOnce),
            _ => Read(state, reply, sentAt, now, lease, rules),
        };
    }

    /// <summary>Everything was written back. Of another epoch than the present one it counts for nothing.</summary>
    public static LeaseState Restored(LeaseState state, string epoch) =>
        state.Epoch == epoch ? state with { Restored = true } : state;

    /// <summary>
    /// A data set that may have lost entries and given their numbers out again: it is read from the start, and this node serves under it
    /// only when everything it knows is there. The lease of the former epoch stands, because this one opens only after that is over.
    /// </summary>
    private static LeaseState Entered(LeaseState state, SyncReply reply, LeaseRules rules) => state with
    {
        Epoch = reply.Epoch,
        Applied = rules.ReadsFromTheStart ? 0 : state.Applied,
        Restored = false,
        ClosedSeenAt = null,
    };

    private static LeaseStep Read(LeaseState state, SyncReply reply, long sentAt, long now, long lease, LeaseRules rules)
    {
        bool acknowledged = reply.Acknowledged || !rules.WaitsForReplicas;
        state = state with { Applied = reply.Reached, ClosedSeenAt = ClosedSeenAt(state, reply, acknowledged, now) };
        if (!reply.IsComplete)
        {
            return new LeaseStep(state, LeaseAction.SyncAtOnce);
        }

        if (!state.Restored)
        {
            return new LeaseStep(state, LeaseAction.Restore, LowerSinceTo(state, reply, rules));
        }

        if (!acknowledged)
        {
            return new LeaseStep(state, LeaseAction.AskForMaster);
        }

        // From the sending: an end committed after the log was read is not in the reply, however late that arrives.
        long until = (rules.CountsFromSending ? sentAt : now) + lease;
        bool late = until - now < lease / 2;

        // One lease for those of the former epoch to run out, one for the other nodes to come back and write what they know. It counts
        // from an acknowledged reply: replicas that acknowledge here no longer do so for a master of an earlier epoch.
        bool opens = !reply.Open
            && (!rules.WaitsBeforeOpening || now - state.ClosedSeenAt >= 2 * lease);
        // A lease that is over is not taken up again by a late reply: the node would serve for a moment, and then not.
        if ((reply.Open || !rules.ServesOnlyWhileOpen) && (!late || state.IsFreshAt(now)))
        {
            state = state with { FreshUntil = Math.Max(state.FreshUntil, until), Since = reply.Since };
        }

        return new LeaseStep(state, opens ? LeaseAction.Open : late ? LeaseAction.SyncAtOnce : LeaseAction.Pause);
    }

    private static long? ClosedSeenAt(LeaseState state, SyncReply reply, bool acknowledged, long now) =>
        reply.Open ? null : state.ClosedSeenAt ?? (acknowledged ? now : null);

    /// <summary>
    /// Where the log lost its last writes at most, a node that served knows the ends among them, and tokens need not be issued anew.
    /// Where it began from nothing, nobody can know all, and the sessions are gone as well: <c>since</c> stays at or above that time.
    /// </summary>
    private static long? LowerSinceTo(LeaseState state, SyncReply reply, LeaseRules rules) =>
        rules.LowersSince && state.Since is { } own && Math.Max(own, reply.Floor) < reply.Since ? Math.Max(own, reply.Floor) : null;
}
