using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Tests.Sessions.Model;

/// <summary>
/// A pair of tokens as a client has it. To the model the label is only what tells two tokens of one number apart: it never asks which
/// label follows from which.
/// </summary>
/// <param name="Issued">In milliseconds since the login.</param>
internal sealed record Token(int Number, string Label, long Issued)
{
    public TokenId Access => TokenIds.ForLeaf(Label, SimulatedSession.At(Issued));

    /// <summary>What a refresh token is presented by: a leaf that was lost may be made again at another time.</summary>
    public (int Number, string Label) Refresh => (Number, Label);

    public static Token Of(SessionRecord record) =>
        new(record.Live.Number, record.Live.Label, SimulatedSession.Since(record.Live.Issued));

    public override string ToString() => $"{Number}:{Label[..4]}@{Issued}";
}

internal enum Party
{
    Owner,
    Thief,
}

/// <summary>An invariant of a session does not hold.</summary>
/// <param name="invariant">R1..R6.</param>
internal sealed class InvariantBrokenException(string invariant, string message) : Exception($"{invariant}: {message}")
{
    public string Invariant => invariant;
}
