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
    /// <c>;</c> (path parameters), <c>#</c>, control characters, each of them and <c>/</c> also percent-encoded once or twice, broken
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

    private static bool HasOneReading(ReadOnlySpan<char> rest)
    {
        byte[]? rented = rest.Length > 512 ? ArrayPool<byte>.Shared.Rent(rest.Length) : null;
        try
        {
            Span<byte> decoded = rented ?? stackalloc byte[512];
            return TryDecode(rest, decoded, out int length) && Utf8.IsValid(decoded[..length]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private static bool TryDecode(ReadOnlySpan<char> text, Span<byte> decoded, out int length)
    {
        length = 0;
        for (int at = 0; at < text.Length; at++)
        {
            byte value;
            if (text[at] == '%')
            {
                // Twice-encoded separators have another reading behind a destination that decodes twice.
                if (!TryReadHex(text[(at + 1)..], out value) || IsRefused(value) || value is (byte)'/' or (byte)'.'
                    || (value == '%' && TryReadHex(text[(at + 3)..], out byte inner) && (IsRefused(inner) || inner is (byte)'/' or (byte)'.' or (byte)'%')))
                {
                    return false;
                }

                at += 2;
            }
            else if (text[at] > 0x7F || IsRefused((byte)text[at]))
            {
                return false;
            }
            else
            {
                value = (byte)text[at];
            }

            decoded[length++] = value;
        }

        return true;
    }

    private static bool IsRefused(byte value) => value is < 0x20 or 0x7F or (byte)'\\' or (byte)';' or (byte)'#';

    private static bool TryReadHex(ReadOnlySpan<char> text, out byte value)
    {
        value = 0;
        return text.Length >= 2
            && byte.TryParse(text[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
