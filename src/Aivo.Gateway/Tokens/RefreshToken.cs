using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tokens;

/// <summary>What a refresh token says: which leaf of which session it is.</summary>
/// <param name="Number">The leaf's <c>n</c>, 0 or more.</param>
/// <param name="Label">1 to 64 base64url characters.</param>
/// <param name="IssuedAt">The leaf's time of issue; the token carries whole seconds, rounded down.</param>
/// <param name="ExpiresAt">The session's absolute end, fixed at login; whole seconds, rounded down.</param>
/// <param name="KeyId">The MAC key, as the leaf stores it.</param>
internal sealed record RefreshToken(SessionId Session, int Number, string Label, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, string KeyId)
{
    /// <summary>Without the label, of which the token is made.</summary>
    public override string ToString() => $"RefreshToken {{ Session = {Session}, Number = {Number} }}";
}
