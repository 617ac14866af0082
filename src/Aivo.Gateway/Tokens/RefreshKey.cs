using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Aivo.Gateway.Tokens;

/// <summary>One MAC key of refresh tokens.</summary>
internal sealed class RefreshKey
{
    /// <summary>In bytes: as long as the hash (RFC 7518, section 3.2).</summary>
    public const int Length = 32;

    private readonly byte[] _key;

    /// <param name="key">Exactly <see cref="Length"/> bytes, owned by the new object.</param>
    public RefreshKey(byte[] key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, Length);
        _key = key;
        KeyId = IdOf(key);
        EncodedHeader = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"HS256","typ":"rt+jwt","kid":"{{KeyId}}"}"""));
    }

    /// <summary>Derived from the key, so a replaced file is another key; 96 bits of a hash tell nothing about it.</summary>
    public string KeyId { get; }

    /// <summary>The first part of every token under this key.</summary>
    public string EncodedHeader { get; }

    /// <summary>HMAC-SHA256 over <paramref name="data"/>; <paramref name="mac"/> takes 32 bytes.</summary>
    public void ComputeMac(ReadOnlySpan<byte> data, Span<byte> mac) => HMACSHA256.HashData(_key, data, mac);

    /// <summary>The id alone; never the key.</summary>
    public override string ToString() => $"HS256 {KeyId}";

    private static string IdOf(byte[] key)
    {
        using var hasher = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hasher.AppendData("aivo refresh key id"u8);
        hasher.AppendData(key);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        hasher.GetHashAndReset(hash);
        return Base64Url.EncodeToString(hash[..12]);
    }
}
