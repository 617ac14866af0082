namespace Aivo.Gateway.Configuration;

/// <summary>The text of <c>AllowedHosts</c>: names separated by <c>;</c>, without ports.</summary>
internal static class HostNames
{
    /// <summary>Reports every entry that is not a host: <c>name</c>, <c>*.suffix</c>, an IPv4 address or <c>[IPv6]</c>; <c>*</c> in Development only.</summary>
    public static void Check(string hosts, bool development, SettingReport report)
    {
        foreach (string host in hosts.Split(';'))
        {
            if (host == "*")
            {
                if (!development)
                {
                    report.Add(new SettingError("AllowedHosts", hosts, "accepts any Host header (RFC 9112, section 3.2).", "Write the names under which clients reach the gateway, separated by ';'."));
                }
            }
            else if (!IsHost(host))
            {
                report.Add(new SettingError("AllowedHosts", host, "is not a host name.", "Write names such as api.example.com, *.example.com, 10.0.0.1 or [::1], without scheme and port, separated by ';'."));
            }
        }
    }

    private static bool IsHost(string host)
    {
        if (!host.All(char.IsAscii))
        {
            return false;
        }

        string name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return Uri.CheckHostName(name) switch
        {
            UriHostNameType.Dns => true,
            UriHostNameType.IPv4 => name.Length == host.Length,
            UriHostNameType.IPv6 => name.Length == host.Length && name.StartsWith('['),
            _ => false,
        };
    }
}
