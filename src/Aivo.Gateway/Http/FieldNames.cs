using System.Buffers;

namespace Aivo.Gateway.Http;

/// <summary>What the name of a header may be made of, and when two names are one to a program that reads headers as variables.</summary>
internal static class FieldNames
{
    /// <summary>RFC 9110 section 5.6.2.</summary>
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> OrdinaryCharacters =
        SearchValues.Create("-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static bool IsToken(ReadOnlySpan<char> name) => !name.IsEmpty && name.IndexOfAnyExcept(TokenCharacters) < 0;

    /// <summary>Whether the name is made of letters, digits and hyphens, so that it has no other spelling but letter case.</summary>
    public static bool IsOrdinary(ReadOnlySpan<char> name) => name.IndexOfAnyExcept(OrdinaryCharacters) < 0;

    /// <summary>
    /// The name with a hyphen for every character that is neither letter nor digit: CGI, WSGI, PHP and their like turn <c>-</c>,
    /// <c>_</c>, <c>.</c> and other characters into the same one (CVE-2025-64484, CVE-2026-33433).
    /// </summary>
    public static string Fold(string name) => IsOrdinary(name)
        ? name
        : string.Create(name.Length, name, static (folded, original) =>
        {
            for (int at = 0; at < original.Length; at++)
            {
                folded[at] = char.IsAsciiLetterOrDigit(original[at]) ? original[at] : '-';
            }
        });
}
