using System.Collections.Immutable;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>Makes the leaf that follows a presented token. Numbers only grow: whatever happens, the next leaf has the next one.</summary>
internal sealed class NextLeaf(
    SessionRecord record, PresentedToken presented, DateTimeOffset now, string activeKeyId, RefreshWindows windows, RefreshRules rules)
{
    /// <summary>The child of the live leaf.</summary>
    public SessionDecision<RefreshOutcome> Rotate() => Follow(RefreshOutcome.Rotated, record.Live.Number, Used(record.Live));

    /// <summary>
    /// The child of a leaf that the store has lost. The leaf that was live is kept too: until a moment ago it was true for the store, and
    /// a token of it may be under way.
    /// </summary>
    public SessionDecision<RefreshOutcome> Adopt()
    {
        // Its key is not known here and not needed: the refresh token of a used leaf is never written again.
        var adopted = new Leaf(presented.Number, presented.Label, presented.IssuedAt, now, activeKeyId, presented.Presenter);
        SessionDecision<RefreshOutcome> decision = Follow(RefreshOutcome.Adopted, presented.Number, Used(record.Live), adopted);
        return decision.Commits
            ? decision with { Record = decision.Record! with { Adopted = new Adoption(presented.Number, now) } }
            : decision;
    }

    /// <summary>A sibling of the live leaf, which nobody has used and nobody will: its access token is revoked.</summary>
    public SessionDecision<RefreshOutcome> Supersede(TimeSpan retention)
    {
        Leaf replaced = record.Live;
        ImmutableArray<RevocationEntry> revocations = rules.RevokesSuperseded
            ? [RevocationEntry.ForToken(TokenIds.ForLeaf(replaced.Label, replaced.Issued), now + retention)]
            : [];
        SessionRecord next = record with { Live = Child(replaced.Number), Earlier = Kept([]) };
        return new SessionDecision<RefreshOutcome>(RefreshOutcome.Superseded, next, true, revocations);
    }

    private SessionDecision<RefreshOutcome> Follow(RefreshOutcome outcome, int number, params ReadOnlySpan<Leaf> used)
    {
        ImmutableArray<Leaf> kept = Kept(used);
        if (kept.Length > SessionLifecycle.MostEarlierLeaves)
        {
            if (rules.NeverForgets)
            {
                return new SessionDecision<RefreshOutcome>(RefreshOutcome.TooManyRotations, record, false, []) { RetryAfter = UntilRoomFor(kept) };
            }

            kept = kept[^SessionLifecycle.MostEarlierLeaves..];
        }

        return new SessionDecision<RefreshOutcome>(outcome, record with { Live = Child(number), Earlier = kept }, true, []);
    }

    /// <summary>After how long so many of the leaves are past their windows that the others fit.</summary>
    private TimeSpan UntilRoomFor(ImmutableArray<Leaf> kept)
    {
        DateTimeOffset start = kept.Select(leaf => RefreshTable.Start(leaf, rules)).Order().ElementAt(kept.Length - SessionLifecycle.MostEarlierLeaves - 1);
        return start + windows.Both - now + TimeSpan.FromMilliseconds(1);
    }

    private Leaf Child(int highest)
    {
        int number = checked(Math.Max(highest, record.Live.Number) + 1);
        return new Leaf(number, LeafLabels.Child(presented.Label, number), now, null, activeKeyId, presented.Presenter);
    }

    private Leaf Used(Leaf leaf) => leaf with { FirstUsed = leaf.FirstUsed ?? now };

    /// <summary>The earlier leaves that are within their windows still, oldest first.</summary>
    private ImmutableArray<Leaf> Kept(ReadOnlySpan<Leaf> used) => rules.KeepsEarlier
        ? [.. ((ImmutableArray<Leaf>)[.. record.Earlier, .. used]).Where(leaf => now - RefreshTable.Start(leaf, rules) <= windows.Both)]
        : [];
}
