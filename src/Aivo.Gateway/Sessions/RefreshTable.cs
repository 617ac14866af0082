namespace Aivo.Gateway.Sessions;

/// <summary>The row of the table that a presented token falls under.</summary>
/// <param name="RetryAfter">For <see cref="RefreshOutcome.Later"/>: after how long another row holds.</param>
internal readonly record struct RefreshRow(RefreshOutcome Outcome, TimeSpan RetryAfter = default);

/// <summary>
/// What a presented refresh token of a living session means (RFC 9700, section 4.14.2). The first row that fits holds:
/// <code>
/// presented                                 condition                              outcome
/// the live leaf                                                                    Rotated
/// a number above the live leaf's            (sealed by us: a write was lost)       Adopted
/// the live leaf's number, another label     (likewise)                             Adopted
/// parent of a kept leaf                     at most W after its first use*         HandedOutAgain
/// parent of a kept leaf                     at most W + Q after its first use*     Later
/// parent of the live leaf                   later, and nobody has used the leaf    Superseded
/// at most the number last adopted           at most W + Q after the adoption       Later
/// anything else                                                                    Theft
/// * its issue, while nobody has used it
/// </code>
/// A leaf's windows end by its own times: no presentation moves them.
/// </summary>
internal static class RefreshTable
{
    public static RefreshRow Find(SessionRecord record, PresentedToken presented, DateTimeOffset now, RefreshWindows windows, RefreshRules rules)
    {
        Leaf live = record.Live;

        // Labels are sealed by the gateway, so the presenter did not choose one: an ordinary comparison tells nothing by its time.
        if (presented.Number == live.Number && presented.Label == live.Label)
        {
            return new RefreshRow(RefreshOutcome.Rotated);
        }

        if (presented.Number > live.Number ? rules.AdoptsNewer : presented.Number == live.Number && rules.AdoptsTwin)
        {
            return new RefreshRow(RefreshOutcome.Adopted);
        }

        if (YoungestChild(record, presented.Label) is { } child)
        {
            TimeSpan age = now - Start(child, rules);
            if (age <= windows.Repeat && rules.HandsOutAgain)
            {
                return new RefreshRow(RefreshOutcome.HandedOutAgain);
            }

            if (age <= windows.Both && rules.WaitsBeforeSuperseding)
            {
                return new RefreshRow(RefreshOutcome.Later, Remaining(age, windows));
            }

            if ((child.FirstUsed is null || !rules.SupersedesUnusedOnly) && rules.Supersedes)
            {
                return new RefreshRow(RefreshOutcome.Superseded);
            }
        }

        if (rules.WaitsAfterAdoption && record.Adopted is { } adopted
            && presented.Number <= adopted.Number && now - adopted.At <= windows.Both)
        {
            return new RefreshRow(RefreshOutcome.Later, Remaining(now - adopted.At, windows));
        }

        return new RefreshRow(RefreshOutcome.Theft);
    }

    /// <summary>When a leaf's windows begin.</summary>
    public static DateTimeOffset Start(Leaf leaf, RefreshRules rules) => rules.CountsFromFirstUse ? leaf.FirstUsed ?? leaf.Issued : leaf.Issued;

    /// <summary>
    /// After how long both windows are over, to the millisecond after. The store's clock may have been set back, and then an age is
    /// negative: nobody is told to wait for longer than the windows are.
    /// </summary>
    private static TimeSpan Remaining(TimeSpan age, RefreshWindows windows) =>
        windows.Both - (age < TimeSpan.Zero ? TimeSpan.Zero : age) + TimeSpan.FromMilliseconds(1);

    /// <summary>After an adoption a token may be the parent of two kept leaves: the one whose windows end last counts.</summary>
    private static Leaf? YoungestChild(SessionRecord record, string parentLabel)
    {
        Leaf? youngest = LeafLabels.Child(parentLabel, record.Live.Number) == record.Live.Label ? record.Live : null;
        foreach (Leaf leaf in record.Earlier)
        {
            if (LeafLabels.Child(parentLabel, leaf.Number) == leaf.Label
                && (youngest is null || (leaf.FirstUsed ?? leaf.Issued) > (youngest.FirstUsed ?? youngest.Issued)))
            {
                youngest = leaf;
            }
        }

        return youngest;
    }
}
