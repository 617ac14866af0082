using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Aivo.Gateway.Primitives;

/// <summary>A user's id; on the wire a lower-case UUID with hyphens.</summary>
internal readonly record struct UserId(Guid Value)
{
    public static bool TryParse(ReadOnlySpan<char> text, out UserId id)
    {
        bool parsed = Guid.TryParseExact(text, "D", out Guid value);
        id = new UserId(value);
        return parsed;
    }

    public override string ToString() => Value.ToString("D");

    /// <summary>The shard that holds everything of this user, of so many.</summary>
    public ushort ShardOf(int shards)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Value.ToByteArray(bigEndian: true), hash);
        return (ushort)(BinaryPrimitives.ReadUInt32BigEndian(hash) % (uint)shards);
    }
}

/// <summary>A tenant's id; on the wire a lower-case UUID with hyphens.</summary>
internal readonly record struct TenantId(Guid Value)
{
    public static bool TryParse(ReadOnlySpan<char> text, out TenantId id)
    {
        bool parsed = Guid.TryParseExact(text, "D", out Guid value);
        id = new TenantId(value);
        return parsed;
    }

    public override string ToString() => Value.ToString("D");
}

/// <summary>
/// A session's id: 128 random bits and the number of the shard that holds it. On the wire exactly 24 base64url characters
/// (18 bytes, so that no character carries unused bits and every id has one spelling).
/// </summary>
internal readonly record struct SessionId(UInt128 Value, ushort Shard)
{
    private const int ByteLength = 18;

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public const int TextLength = 24;

    public static SessionId Create(ushort shard)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new SessionId(BinaryPrimitives.ReadUInt128BigEndian(bytes), shard);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out SessionId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[ByteLength];
        // The decoder throws on foreign characters and skips white space: the alphabet is checked first.
        if (text.Length != TextLength || text.ContainsAnyExcept(Alphabet)
            || !Base64Url.TryDecodeFromChars(text, bytes, out int written) || written != ByteLength)
        {
            return false;
        }

        id = new SessionId(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]));
        return true;
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[16..], Shard);
        return Base64Url.EncodeToString(bytes);
    }
}

/// <summary>An access token's id (<c>jti</c>): 144 bits derived from its leaf. On the wire exactly 24 base64url characters.</summary>
internal readonly record struct TokenId(UInt128 Value, ushort Tail)
{
    /// <summary>Reads the same shape as a session id: 18 bytes, one spelling.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TokenId id)
    {
        bool parsed = SessionId.TryParse(text, out SessionId same);
        id = new TokenId(same.Value, same.Shard);
        return parsed;
    }

    public static TokenId FromHash(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt128BigEndian(hash),
        BinaryPrimitives.ReadUInt16BigEndian(hash[16..]));

    public override string ToString() => new SessionId(Value, Tail).ToString();
}
