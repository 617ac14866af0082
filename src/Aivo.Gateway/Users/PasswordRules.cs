using System.Text;

namespace Aivo.Gateway.Users;

/// <summary>Why a text cannot be a password.</summary>
internal enum PasswordFault
{
    None,
    TooShort,
    TooLong,

    /// <summary>It has half of a surrogate pair; as UTF-8 two such texts could become the same bytes.</summary>
    NotUnicode,
}

/// <summary>
/// Passwords are hashed exactly as received: their UTF-8 bytes, untrimmed, not normalised, never cut (SR-04). Not normalising is the one
/// rule at setting and at verifying (SR-05): what is stored depends on nothing but the bytes.
/// </summary>
internal static class PasswordRules
{
    /// <summary>In characters (code points), by the contract and NIST 800-63B.</summary>
    public const int MinimumLength = 8;

    /// <summary>In UTF-8 bytes. Above the 64 characters of SR-04, and low enough that hashing the input costs nothing.</summary>
    public const int MaximumBytes = 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static PasswordFault Check(string password)
    {
        // Each unit takes a byte at least, so the length is checked before anything is encoded.
        if (password.Length > MaximumBytes)
        {
            return PasswordFault.TooLong;
        }

        try
        {
            return Strict.GetByteCount(password) > MaximumBytes ? PasswordFault.TooLong
                : password.EnumerateRunes().Count() < MinimumLength ? PasswordFault.TooShort
                : PasswordFault.None;
        }
        catch (EncoderFallbackException)
        {
            return PasswordFault.NotUnicode;
        }
    }

    /// <exception cref="ArgumentException">Too long, or not Unicode. The message does not repeat the password.</exception>
    public static byte[] Encode(string password) => Check(password) switch
    {
        PasswordFault.TooLong => throw new ArgumentException($"The password has more than {MaximumBytes} bytes.", nameof(password)),
        PasswordFault.NotUnicode => throw new ArgumentException("The password is not valid Unicode.", nameof(password)),
        _ => Strict.GetBytes(password),
    };
}
