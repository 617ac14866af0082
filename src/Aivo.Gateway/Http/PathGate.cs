using System.Buffers;
using System.Globalization;
using System.Text.Unicode;

namespace Aivo.Gateway.Http;

/// <summary>
/// Decides about a path as it stood in the request line: what two programs could read in two ways is refused, so that the path that is
/// authorised is the path that is forwarded (SR-74; CVE-2021-29492, CVE-2025-66490, CVE-2026-26205).
/// </summary>
internal static class PathGate
{
    /// <summary>What needs no second look, dots and slashes aside.</summary>
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~!$&'()*+,=:@./");

    /// <summary>
    /// Whether the path (without the query, from its first slash) has one reading only. Refused are empty and dot segments, a backslash,
    /// <c>;</c> (path parameters), <c>#</c>, control characters, each of them and <c>/</c> also percent-encoded, whatever is encoded twice, broken
    /// percent-encoding, and bytes that are not UTF-8. A plain path costs three vectorised scans and no allocation.
    /// </summary>
    public static bool Accepts(ReadOnlySpan<char> path)
    {
        if (!path.StartsWith('/') || path.Contains("//", StringComparison.Ordinal) || HasDotSegment(path))
        {
            return false;
        }

        int odd = path.IndexOfAnyExcept(Plain);
        return odd < 0 || HasOneReading(path[odd..]);
    }

    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        for (int at = path.IndexOf("/.", StringComparison.Ordinal); at >= 0;)
        {
            ReadOnlySpan<char> segment = path[(at + 1)..];
            int end = segment.IndexOf('/');
            if ((end < 0 ? segment : segment[..end]) is "." or "..")
            {
                return true;
            }

            int next = segment.IndexOf("/.", StringComparison.Ordinal);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return false;
    }

    /// <summary>Percent-decodes once. False where the encoding is broken, a control character or <c>#</c> comes out, or the whole is not UTF-8.</summary>
    /// <param name="decoded">At least as long as the text.</param>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> decoded, out int length)
    {
        length = 0;
        for (int at = 0; at < text.Length; at++)
        {
            byte value;
            if (text[at] != '%')
            {
                if (text[at] > 0x7F)
                {
                    return false;
                }

                value = (byte)text[at];
            }
            else if (!TryReadHex(text[(at + 1)..], out value))
            {
                return false;
            }
            else
            {
                at += 2;
            }

            if (value is < 0x20 or 0x7F or (byte)'#')
            {
                return false;
            }

            decoded[length++] = value;
        }

        return Utf8.IsValid(decoded[..length]);
    }

    /// <summary>
    /// Whether something is still encoded in what was decoded: the forwarder would send it on as it is, and whoever decodes it then, or decodes
    /// twice, reads another path than the one that was authorised (<c>%2563losed</c>). In the decoded text, since <c>%25%36%33</c> is the same.
    /// </summary>
    public static bool HasEncoded(ReadOnlySpan<byte> decoded)
    {
        for (int at = decoded.IndexOf((byte)'%'); at >= 0 && at < decoded.Length; at++)
        {
            if (decoded[at] == '%' && at + 2 < decoded.Length && char.IsAsciiHexDigit((char)decoded[at + 1]) && char.IsAsciiHexDigit((char)decoded[at + 2]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasOneReading(ReadOnlySpan<char> rest)
    {
        byte[]? rented = rest.Length > 512 ? ArrayPool<byte>.Shared.Rent(rest.Length) : null;
        try
        {
            Span<byte> decoded = rented ?? stackalloc byte[512];
            return !HasSpecial(rest) && TryDecode(rest, decoded, out int length) && !HasEncoded(decoded[..length]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Whether there is a backslash or <c>;</c> in it, or encoded in it one of these, a slash or a dot.</summary>
    private static bool HasSpecial(ReadOnlySpan<char> text)
    {
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] is '\\' or ';' || (text[at] == '%' && TryReadHex(text[(at + 1)..], out byte value) && IsSpecial(value)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSpecial(byte value) => value is (byte)'/' or (byte)'.' or (byte)'\\' or (byte)';';

    private static bool TryReadHex(ReadOnlySpan<char> text, out byte value)
    {
        value = 0;
        return text.Length >= 2 && byte.TryParse(text[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
