using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Aivo.Gateway.Sessions;

/// <summary>
/// The labels of a session's leaves: 128 bits, on the wire 22 base64url characters. A child's label follows from its parent's, so a
/// token tells whether it belongs to the parent of a leaf without anything stored about it.
/// </summary>
internal static class LeafLabels
{
    private const int ByteLength = 16;

    /// <summary>A label that nobody can guess (SR-20, SR-55).</summary>
    public static string CreateRoot()
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>
    /// The label of leaf <paramref name="number"/> made from the leaf labelled <paramref name="parentLabel"/>. The number comes first and
    /// has a fixed length, so no two pairs share an encoding.
    /// </summary>
    public static string Child(string parentLabel, int number)
    {
        byte[] encoded = new byte[sizeof(int) + Encoding.UTF8.GetByteCount(parentLabel)];
        BinaryPrimitives.WriteInt32BigEndian(encoded, number);
        Encoding.UTF8.GetBytes(parentLabel, encoded.AsSpan(sizeof(int)));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(encoded, hash);
        return Base64Url.EncodeToString(hash[..ByteLength]);
    }
}
