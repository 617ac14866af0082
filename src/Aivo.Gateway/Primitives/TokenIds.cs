using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Aivo.Gateway.Primitives;

/// <summary>Ids of access tokens.</summary>
internal static class TokenIds
{
    /// <summary>
    /// The <c>jti</c> of a leaf's access token. The same leaf has the same one on every node, whenever its pair is handed out. From the
    /// label alone, a leaf that is made again after a lost write would be born revoked; the time of issue tells the two apart.
    /// </summary>
    /// <param name="issued">Milliseconds count, the rest does not.</param>
    public static TokenId ForLeaf(string label, DateTimeOffset issued)
    {
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, issued.ToUnixTimeMilliseconds());
        using var hasher = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hasher.AppendData("aivo token id"u8);
        hasher.AppendData(time);
        hasher.AppendData(Encoding.UTF8.GetBytes(label));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        hasher.GetHashAndReset(hash);
        return TokenId.FromHash(hash);
    }
}
