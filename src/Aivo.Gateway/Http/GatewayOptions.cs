using System.Diagnostics.CodeAnalysis;
using System.Net;
using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Http;

/// <summary>Where sessions and revocations are kept.</summary>
internal enum StoreKind
{
    /// <summary>In the process: one node, and sessions end with it.</summary>
    Memory,

    /// <summary>In Redis: any number of nodes.</summary>
    Redis,
}

/// <summary>Cross-origin access to <c>/auth/v1</c>.</summary>
internal sealed record CorsOptions(IReadOnlyList<string> Origins, bool AllowCredentials, TimeSpan MaxAge);

/// <summary>The section <c>Gateway</c>: listeners, proxies in front, the data directory, the kind of store.</summary>
internal sealed record GatewayOptions
{
    /// <summary>Null when not set: outside Development it must be.</summary>
    public required StoreKind? Store { get; init; }
    public required string DataDirectory { get; init; }
    public required Uri? PublicUrl { get; init; }
    public required string ManagementAddress { get; init; }
    public required int ManagementPort { get; init; }
    /// <summary>0 when off.</summary>
    public required int Http2Port { get; init; }
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }
    public required CorsOptions Cors { get; init; }
    public required bool AccessLog { get; init; }
    public required TimeSpan DrainDelay { get; init; }
    public required TimeSpan ShutdownTimeout { get; init; }
    public required TimeSpan ReloadInterval { get; init; }

    public static GatewayOptions Read(SettingReader reader)
    {
        var options = new GatewayOptions
        {
            Store = reader.OptionalChoice<StoreKind>("Store", null, "Where sessions and revocations are kept. Must be set outside Development. Memory: one node only, and a restart ends every session."),
            DataDirectory = DataDirectoryIn(reader),
            PublicUrl = PublicUrlIn(reader),
            ManagementAddress = ManagementAddressIn(reader),
            ManagementPort = reader.Integer("ManagementPort", 9090, 1, 65535, "The port of the management listener."),
            Http2Port = reader.Integer("Http2Port", 0, 0, 65535, "A further public port that speaks cleartext HTTP/2 by prior knowledge (gRPC behind a TLS-terminating ingress); 0 turns it off."),
            TrustedProxies = TrustedProxiesIn(reader),
            Cors = reader.Section("Cors", cors => new CorsOptions(
                OriginsIn(cors),
                cors.Flag("AllowCredentials", false, "Whether browsers may send credentials with cross-origin requests to /auth/v1."),
                cors.Duration("MaxAge", TimeSpan.FromMinutes(10), TimeSpan.Zero, TimeSpan.FromDays(1), "How long a browser may keep a preflight answer."))),
            AccessLog = reader.Flag("AccessLog", false, "Whether every request writes a log line; when false only refusals and failures do."),
            DrainDelay = reader.Duration("DrainDelay", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromMinutes(2), "How long a stopping node goes on serving while /health/ready already answers 503, so that load balancers notice first."),
            ShutdownTimeout = reader.Duration("ShutdownTimeout", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), "How long requests in flight may take to end after a stop was asked for; then they are cut."),
            ReloadInterval = reader.Duration("ReloadInterval", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), "How often the configuration's files are looked at for a change. Of a change, ReverseProxy, Gateway:Policies, Gateway:CorsPolicies and Gateway:RateLimits take effect at once; everything else at the next start."),
        };
        return options;
    }

    private static string DataDirectoryIn(SettingReader reader)
    {
        // Not verified: on a fresh account the folder does not exist yet, and the verified answer would be an empty, relative path.
        string standard = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "aivo-gateway");
        string? directory = reader.OptionalText("DataDirectory", "An absolute path; holds the SQLite user directory and, in Development, generated keys. Default: aivo-gateway in the user's local application data (~/.local/share on Linux).");
        if (!Path.IsPathFullyQualified(directory ?? standard))
        {
            reader.Error("DataDirectory", directory ?? standard, "is not an absolute path.", "Write a path from the root, such as /var/lib/aivo-gateway.");
        }

        return directory ?? standard;
    }

    private static string ManagementAddressIn(SettingReader reader)
    {
        string address = reader.Text("ManagementAddress", "*", "The address the management listener (health, metrics) binds to: an IP address, or * for all; 127.0.0.1 in Development.");
        if (address != "*" && !TryParseAddress(address, out _))
        {
            reader.Error("ManagementAddress", address, "is not an IP address.", "Write an address of this machine such as 127.0.0.1, or * for all.");
            return "*";
        }

        return address;
    }

    /// <summary>Unlike the library, which reads 10 as 0.0.0.10: only the four-part form of IPv4.</summary>
    private static bool TryParseAddress(string text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address) && (text.Contains(':', StringComparison.Ordinal) || text.Count(letter => letter == '.') == 3);

    private static Uri? PublicUrlIn(SettingReader reader)
    {
        string? text = reader.OptionalText("PublicUrl", "The URL under which clients reach the gateway, shown as the server in the published OpenAPI description; https, or http for a loopback host.");
        if (text is null)
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || (url.Scheme != "https" && !(url.Scheme == "http" && url.IsLoopback))
            || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            reader.Error("PublicUrl", text, "is not an https URL.", "Write an absolute https URL without user, query or fragment, such as https://api.example.com.");
            return null;
        }

        return url;
    }

    private static List<IPNetwork> TrustedProxiesIn(SettingReader reader)
    {
        List<IPNetwork> networks = [];
        foreach (string text in reader.List("TrustedProxies", [], "Addresses or networks (CIDR) of the proxies in front; only from them are X-Forwarded-For, -Proto and -Host believed."))
        {
            if (TryParseAddress(text, out IPAddress? address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else if (IPNetwork.TryParse(text, out IPNetwork network) && network.PrefixLength > 0)
            {
                networks.Add(network);
            }
            else
            {
                reader.Error("TrustedProxies", text, "is neither an address nor a network smaller than everything.", "Write an IP address or a network such as 10.0.0.0/8.");
            }
        }

        return networks;
    }

    private static List<string> OriginsIn(SettingReader cors)
    {
        List<string> origins = [];
        foreach (string origin in cors.List("Origins", [], "Origins whose pages may call /auth/v1, each as scheme://host[:port]; * is refused."))
        {
            if (!CorsPolicyOptions.IsOrigin(origin))
            {
                cors.Error("Origins", origin, "is not an origin.", "Write scheme://host[:port] in lower case without a path, such as https://app.example.com.");
                continue;
            }

            origins.Add(origin);
        }

        return origins;
    }
}
