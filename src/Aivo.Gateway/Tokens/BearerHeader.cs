using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tokens;

/// <summary>Takes the token out of the value of an <c>Authorization</c> header.</summary>
internal static class BearerHeader
{
    private const string Scheme = "Bearer";

    /// <summary>
    /// The token, or null with the denial: <see cref="Denial.Unauthenticated"/> where no bearer token is given at all (another scheme,
    /// or nothing after it; RFC 6750, section 3.1: then no error code), <see cref="Denial.InvalidToken"/> where it is not exactly one.
    /// </summary>
    /// <param name="authorization">The value of the one header; with two headers there is no one value, and the caller refuses.</param>
    public static string? TokenIn(string? authorization, out Denial? denial)
    {
        ReadOnlySpan<char> value = authorization;
        denial = Denial.Unauthenticated;
        if (!value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || (value.Length > Scheme.Length && value[Scheme.Length] != ' '))
        {
            return null;
        }

        // RFC 9110, section 11.4: the scheme, one or more spaces, the token.
        ReadOnlySpan<char> token = value[Scheme.Length..].TrimStart(' ');
        if (token.IsEmpty)
        {
            return null;
        }

        // White space or a comma would be a second value. Whether the characters are a token's is the validator's to say.
        denial = token.ContainsAny(' ', '\t', ',') ? Denial.InvalidToken : null;
        return denial is null ? token.ToString() : null;
    }
}
