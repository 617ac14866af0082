using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Aivo.Gateway.Sessions;

/// <summary>
/// What tells two clients apart well enough to notice them, and never well enough to refuse one: the network (/24 of IPv4, /48 of IPv6)
/// and 32 bits of a hash of the user agent. The text is what is stored and logged: <c>203.0.113.0/24 5f1d2c3b</c>.
/// </summary>
internal readonly record struct ClientFingerprint(string? Text)
{
    /// <summary>Of a client that says nothing.</summary>
    public static readonly ClientFingerprint None;

    public static ClientFingerprint Of(IPAddress? address, string? userAgent)
    {
        if (address is null && string.IsNullOrEmpty(userAgent))
        {
            return None;
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(userAgent ?? ""));
        return new ClientFingerprint($"{Network(address)} {Convert.ToHexStringLower(hash.AsSpan(0, 4))}");
    }

    private static string Network(IPAddress? address)
    {
        if (address is null)
        {
            return "-";
        }

        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        int prefix = plain.AddressFamily == AddressFamily.InterNetwork ? 24 : 48;
        byte[] bytes = plain.GetAddressBytes();
        bytes.AsSpan(prefix / 8).Clear();
        return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{prefix}");
    }

    public override string ToString() => Text ?? "-";
}
