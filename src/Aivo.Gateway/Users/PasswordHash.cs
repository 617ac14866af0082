using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Aivo.Gateway.Users;

/// <summary>The cost of an Argon2id hash.</summary>
/// <param name="Memory">In KiB.</param>
/// <param name="Passes">How often the memory is worked over.</param>
/// <param name="Lanes">The degree of parallelism.</param>
internal readonly record struct PasswordCost(int Memory, int Passes, int Lanes)
{
    /// <summary>OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane (SR-07).</summary>
    public static readonly PasswordCost Standard = new(19_456, 2, 1);

    /// <summary>RFC 9106, section 3.1, for the lower bounds; the upper ones keep a stored text from demanding all of a node.</summary>
    public bool IsBounded => Lanes is >= 1 and <= 255 && Memory >= 8 * Lanes && Memory <= 128 * 1024 && Passes is >= 1 and <= 16;
}

/// <summary>
/// A stored Argon2id verifier in PHC form, <c>$argon2id$v=19$m=…,t=…,p=…$salt$hash</c>
/// (https://github.com/P-H-C/phc-string-format). A class of its own, so that no log prints it by accident.
/// </summary>
internal sealed class PasswordHash(PasswordCost cost, byte[] salt, byte[] hash)
{
    public const int SaltLength = 16;
    public const int HashLength = 32;
    private const int MaximumTextLength = 512;

    public PasswordCost Cost => cost;

    public ReadOnlySpan<byte> Salt => salt;

    public ReadOnlySpan<byte> Hash => hash;

    /// <summary>libsodium computes one lane and takes salts of 16 bytes; anything else needs another library.</summary>
    public bool IsComputable => cost.Lanes == 1 && salt.Length == SaltLength;

    /// <summary>
    /// Reads exactly the form that <see cref="ToText"/> writes: order, no leading zeros, unpadded base64 without spare bits, and costs
    /// within bounds. Never throws.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? parsed)
    {
        parsed = null;
        if (text.Length > MaximumTextLength || text.Split('$') is not ["", "argon2id", "v=19", var costs, var saltText, var hashText]
            || costs.Split(',') is not [var memoryText, var passesText, var lanesText]
            || !TryParse(memoryText, "m=", out int memory) || !TryParse(passesText, "t=", out int passes) || !TryParse(lanesText, "p=", out int lanes)
            || !TryDecode(saltText, 8, 48, out byte[]? salt) || !TryDecode(hashText, 16, 64, out byte[]? hash)
            || !new PasswordCost(memory, passes, lanes).IsBounded)
        {
            return false;
        }

        var candidate = new PasswordHash(new PasswordCost(memory, passes, lanes), salt, hash);
        if (candidate.ToText() != text)
        {
            return false;
        }

        parsed = candidate;
        return true;
    }

    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"$argon2id$v=19$m={cost.Memory},t={cost.Passes},p={cost.Lanes}${Encode(salt)}${Encode(hash)}");

    public override string ToString() => "***";

    private static bool TryParse(string text, string name, out int value)
    {
        value = 0;
        return text.StartsWith(name, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryDecode(string text, int minimum, int maximum, [NotNullWhen(true)] out byte[]? bytes)
    {
        byte[] buffer = new byte[text.Length];
        bool decoded = Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), buffer, out int length);
        bytes = decoded && length >= minimum && length <= maximum ? buffer[..length] : null;
        return bytes is not null;
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');
}
