using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

internal enum EndVerdict
{
    /// <summary>A later sync decides.</summary>
    Waiting,

    /// <summary>No node lets that session pass any more: 204.</summary>
    Confirmed,

    /// <summary>The commit may be lost, or nobody can tell in time: 503, and the client repeats.</summary>
    Failed,
}

/// <param name="Silent">
/// Lease fields of nodes whose leases have run out without a word: the driver removes each from the log if it still has that sequence, so
/// that a dead node makes one end slow and not every end.
/// </param>
internal readonly record struct EndStep(EndVerdict Verdict, ImmutableArray<LeaseField> Silent)
{
    public static readonly EndStep Waiting = new(EndVerdict.Waiting, []);
    public static readonly EndStep Confirmed = new(EndVerdict.Confirmed, []);
    public static readonly EndStep Failed = new(EndVerdict.Failed, []);
}

/// <summary>
/// An end, or a log-in, between its commit and its answer, as pure steps. Times are monotonic timestamps of the node that answers.
/// </summary>
internal sealed record EndConfirmation
{
    /// <summary>In which the commit was made.</summary>
    public required string Epoch { get; init; }

    /// <summary>
    /// The number that the end's last entry has; 0 where there is none. An end that is found done keeps the number it first got: with a new
    /// one, a node that has read a page up to between the two would count as having applied it.
    /// </summary>
    public required long Number { get; init; }

    /// <summary>When the commit's reply arrived.</summary>
    public required long CommittedAt { get; init; }

    /// <summary>
    /// The lease fields in the commit's reply, without the own one: every other node that can hold a lease and not know the end. One that
    /// joins later reads the entry before it gets a lease. Empty where nobody is waited for.
    /// </summary>
    public ImmutableArray<LeaseField> Others { get; init; } = [];

    /// <summary>After this long the client repeats, which is cheap: an end found done is committed again.</summary>
    public bool IsTooLate(long now, long lease) => now - CommittedAt >= 3 * lease;

    /// <summary>Judges the reply to a sync, after the step it made.</summary>
    /// <param name="reply">Acknowledged or not, complete or not.</param>
    /// <param name="own">The node's state after <see cref="RevocationLease.Received"/>.</param>
    /// <param name="sentAt">When the sync was sent.</param>
    /// <param name="now">When its reply arrived.</param>
    /// <param name="lease">L, in timestamp units.</param>
    /// <param name="rules">For tests.</param>
    public EndStep Judge(SyncReply reply, LeaseState own, long sentAt, long now, long lease, LeaseRules? rules = null)
    {
        rules ??= LeaseRules.All;
        if (IsTooLate(now, lease) || own.Epoch != Epoch)
        {
            return EndStep.Failed;
        }

        // A sync that was sent before says nothing of the server that took the commit, and its acknowledgement nothing of the replicas.
        bool counts = reply.Outcome == SyncOutcome.Read && reply.IsComplete
            && (reply.Acknowledged || !rules.WaitsForReplicas)
            && (sentAt >= CommittedAt || !rules.NeedsLaterSync);

        // A reply that was long under way may be older than a new epoch that has opened meanwhile.
        if (!counts || (rules.NeedsOwnLease && !own.IsFreshAt(now)))
        {
            return EndStep.Waiting;
        }

        // Whatever gave another node a lease without the end was sent before the commit was executed, so before its reply.
        bool leasesAreOver = now - CommittedAt >= lease;
        ImmutableArray<LeaseField> behind = Behind(reply.Leases);
        if (behind.Length > 0 && !leasesAreOver && rules.WaitsForSilentNodes)
        {
            return EndStep.Waiting;
        }

        return leasesAreOver
            ? new EndStep(EndVerdict.Confirmed, [.. behind.Where(other => reply.Leases?.Contains(other) ?? false)])
            : EndStep.Confirmed;
    }

    /// <summary>
    /// Those who have not shown that they applied it. A field that is gone is that of a node without a lease: only its owner, or a full
    /// lease of silence, removes it.
    /// </summary>
    private ImmutableArray<LeaseField> Behind(IReadOnlyList<LeaseField>? present)
    {
        if (present is null || Others.IsEmpty)
        {
            return Others;
        }

        // Each field is looked at once: a thousand nodes have a million pairs.
        HashSet<string> behind = [.. present.Where(field => field.Applied < Number).Select(field => field.Node)];
        return behind.Count == 0 ? [] : [.. Others.Where(other => behind.Contains(other.Node))];
    }
}
