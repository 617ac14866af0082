using System.Globalization;

namespace Aivo.Gateway.Primitives;

/// <summary>What a revocation names.</summary>
internal enum RevocationKind : byte
{
    /// <summary>A whole session: <c>sid</c>.</summary>
    Session = (byte)'s',

    /// <summary>One access token: <c>jti</c>.</summary>
    Token = (byte)'j',

    /// <summary>A signing key: <c>kid</c>, by the first 128 bits of its SHA-256.</summary>
    Key = (byte)'k',
}

/// <summary>
/// One member of the revocation set. Entries are only ever added; each is kept until <paramref name="KeepUntil"/>, after which no
/// token it refers to can still be valid.
/// </summary>
internal readonly record struct RevocationEntry(RevocationKind Kind, UInt128 Id, DateTimeOffset KeepUntil)
{
    public static RevocationEntry ForSession(SessionId session, DateTimeOffset keepUntil) =>
        new(RevocationKind.Session, session.Value, keepUntil);

    public static RevocationEntry ForToken(TokenId token, DateTimeOffset keepUntil) =>
        new(RevocationKind.Token, token.Value, keepUntil);

    /// <summary>The member's text in Redis: the kind's letter and 32 hexadecimal digits.</summary>
    public string Member => string.Create(CultureInfo.InvariantCulture, $"{(char)Kind}{Id:x32}");

    public static bool TryParse(ReadOnlySpan<char> member, DateTimeOffset keepUntil, out RevocationEntry entry)
    {
        entry = default;
        if (member.Length != 33 || member[0] is not ('s' or 'j' or 'k')
            || !UInt128.TryParse(member[1..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 id))
        {
            return false;
        }

        entry = new RevocationEntry((RevocationKind)member[0], id, keepUntil);
        return true;
    }
}
