using System.Net;

namespace Aivo.Gateway.Throttling;

/// <summary>
/// The network that counts as one client: an IPv4 address, also where it is written as IPv6, or an IPv6 /64, which is what one
/// subscriber is given.
/// </summary>
internal static class ClientNetwork
{
    public const int MostBytes = 8;

    /// <param name="bytes">Takes <see cref="MostBytes"/>.</param>
    /// <returns>How many bytes were written: 4 or 8.</returns>
    public static int Write(IPAddress address, Span<byte> bytes)
    {
        Span<byte> all = stackalloc byte[16];
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryWriteBytes(all, out int length);
        int kept = Math.Min(length, MostBytes);
        all[..kept].CopyTo(bytes);
        return kept;
    }
}
