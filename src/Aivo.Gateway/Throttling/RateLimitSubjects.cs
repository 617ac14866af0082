using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Throttling;

/// <summary>
/// Who is counted, as 128 bits. Texts that a client or an operator wrote are hashed: a header may hold a secret, and a key's length is bounded.
/// </summary>
internal static class RateLimitSubjects
{
    /// <param name="address">Null where the connection has none; all such are one.</param>
    public static UInt128 Of(IPAddress? address)
    {
        if (address is null)
        {
            return UInt128.Zero;
        }

        // The length comes first, so that no IPv6 network is the number of an IPv4 address.
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        bytes[0] = (byte)ClientNetwork.Write(address, bytes[^ClientNetwork.MostBytes..]);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static UInt128 Of(UserId user) => Of(user.Value);

    public static UInt128 Of(TenantId tenant) => Of(tenant.Value);

    public static UInt128 Of(SessionId session) => session.Value;

    /// <param name="text">A route's name or a field's values. Null where the field is missing: all such requests are one.</param>
    public static UInt128 Of(string? text)
    {
        if (text is null)
        {
            return UInt128.Zero;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static UInt128 Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
