using System.Globalization;

namespace Aivo.Gateway.Tests.Sessions.Model;

internal enum ActKind
{
    /// <summary>A tab of the owner reads the store that all tabs share, and sends what it holds.</summary>
    Send,

    /// <summary>The owner's newest access token is seen on a protected route.</summary>
    Use,

    /// <summary>The thief copies the store.</summary>
    Copy,

    /// <summary>The thief sends one of the tokens it holds.</summary>
    ThiefSend,

    /// <summary>The thief's newest access token is seen on a protected route.</summary>
    ThiefUse,

    /// <summary>Redis loses its last <see cref="Act.Which"/> writes, but none that was waited for.</summary>
    FailOver,
    Logout,

    /// <summary>An administrator disables the user, and ends the session.</summary>
    Disable,
}

/// <summary>What becomes of the node that works on a request.</summary>
internal enum Fate
{
    Answers,

    /// <summary>It stops before its commit reaches Redis.</summary>
    StopsBefore,

    /// <summary>It stops after its commit, and before it answers.</summary>
    StopsAfter,

    /// <summary>The commit's reply is lost: it reads and decides again.</summary>
    MissesReply,
}

/// <summary>
/// One thing that somebody does, with all that chance adds to it; the history follows from the acts alone. Times are milliseconds, each
/// counted from what comes before it.
/// </summary>
/// <param name="After">After the act before this one was begun.</param>
internal sealed record Act(ActKind Kind, long After)
{
    /// <summary>From sending until a node has it; more than T is taken for T.</summary>
    public long Arrives { get; init; }

    /// <summary>From there until the read; the clock that decides is read with it.</summary>
    public long Reads { get; init; }

    /// <summary>From the read until the commit.</summary>
    public long Commits { get; init; }

    /// <summary>From the commit until the node answers.</summary>
    public long Answers { get; init; }

    /// <summary>From there until the client has the answer.</summary>
    public long Travels { get; init; }

    public bool Lost { get; init; }

    public Fate Fate { get; init; }

    /// <summary>Whether the thief reads the answer too.</summary>
    public bool Overheard { get; init; }

    /// <summary>Whether it comes from another network than before.</summary>
    public bool Elsewhere { get; init; }

    /// <summary>How many tokens before the newest (thief), how many writes (fail-over).</summary>
    public int Which { get; init; }

    /// <summary>As source text, to be pasted into a test.</summary>
    public override string ToString()
    {
        List<string> members = [];
        Add(nameof(Arrives), Arrives);
        Add(nameof(Reads), Reads);
        Add(nameof(Commits), Commits);
        Add(nameof(Answers), Answers);
        Add(nameof(Travels), Travels);
        Add(nameof(Which), Which);
        Flag(nameof(Lost), Lost);
        Flag(nameof(Overheard), Overheard);
        Flag(nameof(Elsewhere), Elsewhere);
        if (Fate != Fate.Answers)
        {
            members.Add($"Fate = Fate.{Fate}");
        }

        string creation = string.Create(CultureInfo.InvariantCulture, $"new(ActKind.{Kind}, {After})");
        return members.Count == 0 ? creation : $"{creation} {{ {string.Join(", ", members)} }}";

        void Add(string name, long value)
        {
            if (value != 0)
            {
                members.Add(string.Create(CultureInfo.InvariantCulture, $"{name} = {value}"));
            }
        }

        void Flag(string name, bool value)
        {
            if (value)
            {
                members.Add($"{name} = true");
            }
        }
    }
}

/// <param name="T">After how long a client abandons a request.</param>
/// <param name="D">For how long a node works on one.</param>
internal sealed record History(long T, long D, Act[] Acts)
{
    public long W => 2 * T;

    public long Q => Math.Max(2 * T, D) + D;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"new History({T}, {D},\n[\n") + string.Concat(Acts.Select(act => $"    {act},\n")) + "])";
}
