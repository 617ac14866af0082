namespace Aivo.Gateway.Sessions;

/// <summary>
/// Which rules of <see cref="RefreshTable"/> hold. The product runs <see cref="All"/> and nothing else: a test takes one rule away to
/// show the history that breaks without it.
/// </summary>
internal sealed record RefreshRules
{
    public static readonly RefreshRules All = new();

    /// <summary>A token above the live leaf is adopted, since its MAC proves that an acknowledged write was lost.</summary>
    public bool AdoptsNewer { get; init; } = true;

    /// <summary>The live leaf's number under another label proves a lost write as well: no history numbers two leaves alike.</summary>
    public bool AdoptsTwin { get; init; } = true;

    /// <summary>For the length of both windows after an adoption, a token of the lost lineage is told to come again.</summary>
    public bool WaitsAfterAdoption { get; init; } = true;

    /// <summary>A parent presented again soon gets the live pair.</summary>
    public bool HandsOutAgain { get; init; } = true;

    /// <summary>The windows count from a leaf's first use, and not from its issue.</summary>
    public bool CountsFromFirstUse { get; init; } = true;

    /// <summary>Between handing out again and replacing lies a window in which nothing changes.</summary>
    public bool WaitsBeforeSuperseding { get; init; } = true;

    /// <summary>A leaf that nobody used is replaced by a sibling when its parent comes back late.</summary>
    public bool Supersedes { get; init; } = true;

    /// <summary>Only a leaf that nobody used is replaced.</summary>
    public bool SupersedesUnusedOnly { get; init; } = true;

    /// <summary>The access token of a replaced leaf is revoked with the same commit.</summary>
    public bool RevokesSuperseded { get; init; } = true;

    /// <summary>What no other rule explains ends the session.</summary>
    public bool EndsOnTheft { get; init; } = true;

    /// <summary>A rotation that would have to forget a leaf within its windows is put off.</summary>
    public bool NeverForgets { get; init; } = true;

    /// <summary>Earlier leaves are kept at all.</summary>
    public bool KeepsEarlier { get; init; } = true;
}

/// <summary>
/// The two windows of a leaf, counted from its first use, or from its issue while nobody has used it. They derive from how long a
/// client waits for a refresh (T, <c>Sessions:ClientTimeout</c>) and how long a node works on one (D, <c>Sessions:MaxHold</c>).
/// </summary>
/// <param name="Repeat">W = 2T: the parent gets the live pair again. A client that abandons at T repeats once within it.</param>
/// <param name="Quiet">
/// Q = 2T + D, or 2D where that is longer: nothing changes. A pair handed out at the very end of W may be under way for T more, and until
/// it has arrived another tab may send the parent, which is decided at most T + D later. Only after that is a leaf that nobody used surely
/// unknown to its owner. A decision may wait for D until it is committed, and a fail-over meanwhile may have lost the same leaf, already
/// handed out: then its owner has it until T after the commit, which for a long D is later than W + T.
/// </param>
internal readonly record struct RefreshWindows(TimeSpan Repeat, TimeSpan Quiet)
{
    public TimeSpan Both => Repeat + Quiet;

    public static RefreshWindows From(SessionsOptions options) =>
        new(2 * options.ClientTimeout, Longer(2 * options.ClientTimeout, options.MaxHold) + options.MaxHold);

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
