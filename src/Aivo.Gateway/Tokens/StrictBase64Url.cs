using System.Buffers;
using System.Buffers.Text;

namespace Aivo.Gateway.Tokens;

/// <summary>
/// Base64url as RFC 7515, section 2 has it: no padding, no white space, no unused bits, so that bytes have exactly one spelling. The
/// runtime's decoder is lenient about the first two.
/// </summary>
internal static class StrictBase64Url
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>The bytes, or null where the text is empty or not strict.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length % 4 == 1 || !IsInAlphabet(text))
        {
            return null;
        }

        // Two characters carry 8 of 12 bits, three 16 of 18: the rest must be zero.
        int unused = (text.Length % 4) switch { 2 => 0b1111, 3 => 0b11, _ => 0 };
        return (ValueOf(text[^1]) & unused) == 0 ? Base64Url.DecodeFromChars(text) : null;
    }

    public static bool IsInAlphabet(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Alphabet);

    private static int ValueOf(char character) => character switch
    {
        >= 'A' and <= 'Z' => character - 'A',
        >= 'a' and <= 'z' => character - 'a' + 26,
        >= '0' and <= '9' => character - '0' + 52,
        '-' => 62,
        _ => 63,
    };
}
