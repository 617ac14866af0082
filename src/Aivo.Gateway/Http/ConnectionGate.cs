using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>
/// Judges the headers that speak about the connection: framing, upgrades, and the names that <c>Connection</c> nominates. It can only
/// judge what the server shows: Kestrel reduces <c>Connection: close, X</c>, <c>keep-alive, X</c> and <c>Upgrade, X</c> to the word.
/// </summary>
internal static class ConnectionGate
{
    /// <summary>Whether the request may pass. Headers that <c>Connection</c> nominates are removed from it.</summary>
    public static bool Accepts(HttpRequest request)
    {
        IHeaderDictionary headers = request.Headers;
        // Kestrel's trace of Content-Length beside Transfer-Encoding (RFC 9112 section 6.1, SR-75).
        if (headers.ContainsKey("X-Content-Length") || headers.ContainsKey("HTTP2-Settings"))
        {
            return false;
        }

        return HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol)
            ? IsUpgradeAccepted(request, headers) && TryRemoveNominated(headers)
            : HasNoConnectionFields(headers) && HasFieldNames(headers);
    }

    /// <summary>RFC 9113 section 8.2.2: these have no meaning in HTTP/2 and none a destination may be led to see.</summary>
    private static bool HasNoConnectionFields(IHeaderDictionary headers) =>
        headers.Connection.Count == 0 && headers.TransferEncoding.Count == 0 && headers.Upgrade.Count == 0
        && headers.KeepAlive.Count == 0 && !headers.ContainsKey("Proxy-Connection");

    /// <summary>RFC 9113 section 8.2.1: Kestrel lets control characters, CR and LF among them, pass in an HTTP/2 field name.</summary>
    private static bool HasFieldNames(IHeaderDictionary headers)
    {
        foreach (KeyValuePair<string, StringValues> header in headers)
        {
            if (!FieldNames.IsToken(header.Key))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Only a WebSocket, asked for by GET with a key, may be an upgrade: the forwarder sends every upgrade as GET, whatever the method
    /// that was authorised, and answers a bad key with a bare status. <c>h2c</c> would be a tunnel past the gateway (SR-76).
    /// </summary>
    private static bool IsUpgradeAccepted(HttpRequest request, IHeaderDictionary headers)
    {
        StringValues upgrade = headers.Upgrade;
        if (upgrade.Count == 0)
        {
            return true;
        }

        Span<byte> key = stackalloc byte[18];
        return upgrade.Count == 1 && "websocket".Equals(upgrade[0], StringComparison.OrdinalIgnoreCase) && HttpMethods.IsGet(request.Method)
            && headers.SecWebSocketKey is { Count: 1 } text && Convert.TryFromBase64String(text[0] ?? "", key, out int length) && length == 16;
    }

    private static bool TryRemoveNominated(IHeaderDictionary headers)
    {
        StringValues connection = headers.Connection;
        // One word that nominates nothing is what nearly every request has, if it has the header at all.
        if (connection.Count == 0 || (connection.Count == 1 && NominatesNothing(connection[0])))
        {
            return true;
        }

        foreach (string? line in connection)
        {
            foreach (Range item in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> name = line.AsSpan()[item].Trim();
                if (name.IsEmpty || NominatesNothing(name))
                {
                    continue;
                }

                if (IsNeverHopByHop(name))
                {
                    return false;
                }

                headers.Remove(name.ToString());
            }
        }

        return true;
    }

    private static bool NominatesNothing(ReadOnlySpan<char> option) =>
        option.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) || option.Equals("close", StringComparison.OrdinalIgnoreCase)
        || option.Equals("upgrade", StringComparison.OrdinalIgnoreCase) || option.Equals("te", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// To nominate these is an attack: on the framing (CVE-2026-6338), the routing, the credentials, or on what a proxy in front said
    /// about the client (CVE-2024-45410).
    /// </summary>
    private static bool IsNeverHopByHop(ReadOnlySpan<char> name) =>
        name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Host", StringComparison.OrdinalIgnoreCase) || name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
}
