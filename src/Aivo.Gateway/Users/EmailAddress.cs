using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Aivo.Gateway.Users;

/// <summary>
/// The one form in which addresses are stored and compared. Only ASCII is accepted and only A to Z are lowered, so no case mapping or
/// look-alike character can lead to another account (SR-06): "K" of kelvin, dotted and dotless i, full-width letters are all refused.
/// </summary>
internal static class EmailAddress
{
    /// <summary>RFC 5321, section 4.5.3.1.3, less the two angle brackets (RFC 3696, erratum 1690).</summary>
    public const int MaximumLength = 254;

    private const int MaximumLocalLength = 64;
    private const int MaximumLabelLength = 63;

    /// <summary>RFC 5322, section 3.2.3: atext, and the dot between atoms. Quoted local parts are not accepted.</summary>
    private static readonly SearchValues<char> LocalCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.");

    private static readonly SearchValues<char> LabelCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    /// <summary>Nothing is trimmed or repaired: a text that is not an address as it stands is refused.</summary>
    public static bool TryNormalise(string text, [NotNullWhen(true)] out string? normalised)
    {
        normalised = null;
        if (text.Length > MaximumLength)
        {
            return false;
        }

        int at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0 || !IsLocal(text.AsSpan(0, at)) || !IsDomain(text.AsSpan(at + 1)))
        {
            return false;
        }

        normalised = string.Create(text.Length, text, static (lowered, source) => Ascii.ToLower(source, lowered, out _));
        return true;
    }

    private static bool IsLocal(ReadOnlySpan<char> local) =>
        local.Length is > 0 and <= MaximumLocalLength
        && !local.ContainsAnyExcept(LocalCharacters)
        && local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal);

    /// <summary>At least two labels, since validators in clients refuse an address without a dot; the last is not a number.</summary>
    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        int labels = 0;
        ReadOnlySpan<char> last = default;
        foreach (Range range in domain.Split('.'))
        {
            last = domain[range];
            if (last.Length is 0 or > MaximumLabelLength || last.ContainsAnyExcept(LabelCharacters) || last[0] == '-' || last[^1] == '-')
            {
                return false;
            }

            labels++;
        }

        return labels >= 2 && last.ContainsAnyExceptInRange('0', '9');
    }
}
