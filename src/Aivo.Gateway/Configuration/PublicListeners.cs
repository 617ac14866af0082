using System.Globalization;

namespace Aivo.Gateway.Configuration;

/// <summary>
/// The addresses on which the web server will listen for the public, found offline and in its own order of precedence:
/// <c>Kestrel:Endpoints</c>, else <c>urls</c> (ASPNETCORE_URLS), else <c>http_ports</c> and <c>https_ports</c>.
/// </summary>
internal static class PublicListeners
{
    /// <summary>The fixed ports, each with the setting that names it; a port 0 (any free one) is not among them.</summary>
    public static IReadOnlyDictionary<int, string> Ports(IConfiguration configuration, SettingReport report)
    {
        var ports = new Dictionary<int, string>();
        IConfigurationSection[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren()];
        if (endpoints.Length > 0)
        {
            foreach (IConfigurationSection endpoint in endpoints.Where(endpoint => !string.IsNullOrEmpty(endpoint["Url"])))
            {
                AddUrl($"{endpoint.Path}:Url", endpoint["Url"]!, ports, report);
            }

            return ports;
        }

        if (configuration["urls"] is { Length: > 0 } urls)
        {
            foreach (string url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                AddUrl("urls", url, ports, report);
            }

            return ports;
        }

        foreach (string key in new[] { "http_ports", "https_ports" })
        {
            foreach (string text in (configuration[key] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535)
                {
                    ports.TryAdd(port, key);
                }
                else
                {
                    report.Add(new SettingError(key, text, "is not a port.", "Write port numbers separated by ';'."));
                }
            }
        }

        ports.Remove(0);
        return ports;
    }

    private static void AddUrl(string key, string url, Dictionary<int, string> ports, SettingReport report)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            if (address.Scheme is not ("http" or "https") || address.PathBase.Length > 0)
            {
                report.Add(new SettingError(key, url, "is not an address to listen on.", "Write http://host:port or https://host:port without a path."));
            }
            else if (!address.IsUnixPipe && !address.IsNamedPipe && address.Port > 0)
            {
                ports.TryAdd(address.Port, key);
            }
        }
        catch (FormatException)
        {
            report.Add(new SettingError(key, url, "is not an address to listen on.", "Write http://host:port, such as http://*:8080; several are separated by ';'."));
        }
    }
}
