using System.Globalization;
using Aivo.Gateway.Authentication;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Http;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Throttling;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Hosting;

/// <summary>Every setting of the gateway, read and checked once; immutable for the life of the process.</summary>
/// <param name="AllowedHosts">The checked text, names separated by <c>;</c>. Null when not set: outside Development it must be.</param>
internal sealed record GatewaySettings(
    GatewayOptions Gateway,
    RedisOptions Redis,
    TokensOptions Tokens,
    SessionsOptions Sessions,
    RevocationOptions Revocation,
    StreamOptions Streams,
    ThrottlingOptions Throttling,
    UsersOptions Users,
    HeadersOptions Headers,
    PathsOptions Paths,
    string? AllowedHosts)
{
    /// <summary>Claims of every access token that an identity header can carry without being mapped from an attribute.</summary>
    private static readonly string[] TokenClaims = ["sub", "sid", "jti", "client_id", "tenant_id", "role"];

    /// <summary>
    /// Walks the whole configuration, then compares settings with each other. Every error is in <paramref name="report"/>; nothing
    /// throws, and where there are errors the result is not to be used.
    /// </summary>
    public static GatewaySettings Read(IConfiguration configuration, bool development, SettingReport report)
    {
        var root = new SettingReader(configuration, "", report);
        var settings = new GatewaySettings(
            root.Section("Gateway", GatewayIn),
            root.Section("Redis", RedisOptions.Read),
            root.Section("Tokens", TokensOptions.Read),
            root.Section("Sessions", SessionsOptions.Read),
            root.Section("Revocation", RevocationOptions.Read),
            root.Section("Streams", StreamOptions.Read),
            root.Section("Throttling", ThrottlingOptions.Read),
            root.Section("Users", UsersOptions.Read),
            root.Section("Headers", HeadersOptions.Read),
            root.Section("Paths", PathsOptions.Read),
            root.OptionalText("AllowedHosts", "The values of the Host header that the public listener accepts, without ports, separated by ;. *.example.com stands for every name below it. * is refused outside Development. Must be set outside Development."));
        FrameworkSections.Check(configuration, report);
        ReverseProxySchema.Check(configuration.GetSection("ReverseProxy"), development, report);
        settings.CheckTogether(configuration, development, report);
        return settings;
    }

    private static GatewayOptions GatewayIn(SettingReader reader)
    {
        var options = GatewayOptions.Read(reader);
        // Checked here; the routes that name a policy compile it when they are loaded.
        PolicyOptions.ReadAll(reader);
        CorsPolicyOptions.ReadAll(reader);
        RateLimitSettings.Read(reader);
        return options;
    }

    private void CheckTogether(IConfiguration configuration, bool development, SettingReport report)
    {
        if (!development)
        {
            RefuseMissing(report);
        }

        if (AllowedHosts is not null)
        {
            HostNames.Check(AllowedHosts, development, report);
        }

        CheckRedis(report);
        CheckPorts(configuration, report);
        CheckFiles(report);
        CheckAudience(report);
        CheckInternalAudiences(configuration, report);
        CheckHeaderClaims(report);
        CheckRateLimits(configuration, report);
    }

    private void RefuseMissing(SettingReport report)
    {
        (string Key, bool Missing, string Fix)[] needed =
        [
            ("Gateway:Store", Gateway.Store is null, "Set Redis, or Memory for a single node whose sessions end with it."),
            ("Tokens:Issuer", Tokens.Issuer.Length == 0, "Set the https URL that names this gateway, such as https://api.example.com."),
            ("Tokens:Audience", Tokens.Audience.Length == 0, "Set the name of the API behind the gateway."),
            ("Tokens:SigningKeys", Tokens.SigningKeys is null, "Set the directory that holds the signing keys as *.pem files."),
            ("Tokens:RefreshKeys", Tokens.RefreshKeys is null, "Set the directory that holds the refresh token keys as *.key files of 32 random bytes."),
            ("Users:Provider", Users.Provider is null, "Set Sqlite."),
            ("AllowedHosts", AllowedHosts is null, "Set the host names under which clients reach the gateway, separated by ';'."),
        ];
        foreach ((string key, _, string fix) in needed.Where(setting => setting.Missing && !report.HasErrorAt(setting.Key)))
        {
            string variable = key.Replace(":", "__", StringComparison.Ordinal);
            report.Add(new SettingError(key, null, "is not set, and outside Development it must be.", $"{fix} In the environment: {variable}."));
        }
    }

    private void CheckRedis(SettingReport report)
    {
        if (Gateway.Store != StoreKind.Redis)
        {
            return;
        }

        FilePaths.RequireFile("Redis:CaFile", Redis.CaFile, report);
        if (Redis.Configuration is null)
        {
            if (!report.HasErrorAt("Redis:Configuration"))
            {
                report.Add(new SettingError("Redis:Configuration", null, "is not set, and Gateway:Store is Redis.", "Set host:port, with user and password where Redis asks for them. In the environment: Redis__Configuration."));
            }
        }
        else if (RedisConfiguration.Problem(report.HasErrorAt("Redis:CaFile") ? Redis with { CaFile = null } : Redis) is { } found)
        {
            bool secret = found.Setting == "Configuration";
            report.Add(new SettingError($"Redis:{found.Setting}", secret ? "***" : Redis.CaFile, found.Problem,
                secret ? "Write host:port[,host:port][,user=…][,password=…]." : "Set Redis:Tls to true and name a PEM file with a certificate, or remove it."));
        }
    }

    private void CheckPorts(IConfiguration configuration, SettingReport report)
    {
        // Listeners are told apart by their local port alone, so no two may share one, whatever their addresses are.
        IReadOnlyDictionary<int, string> taken = PublicListeners.Ports(configuration, report);
        foreach ((string key, int port) in new[] { ("Gateway:ManagementPort", Gateway.ManagementPort), ("Gateway:Http2Port", Gateway.Http2Port) })
        {
            if (taken.TryGetValue(port, out string? other))
            {
                report.Add(new SettingError(key, port.ToString(CultureInfo.InvariantCulture), $"is a port of the public listener too ({other}).", "Give every listener a port of its own."));
            }
        }

        if (Gateway.Http2Port == Gateway.ManagementPort)
        {
            report.Add(new SettingError("Gateway:Http2Port", Gateway.Http2Port.ToString(CultureInfo.InvariantCulture), "is the same as Gateway:ManagementPort.", "Give every listener a port of its own."));
        }
    }

    private void CheckFiles(SettingReport report)
    {
        FilePaths.RequireDirectory("Tokens:SigningKeys", Tokens.SigningKeys, report);
        FilePaths.RequireDirectory("Tokens:RefreshKeys", Tokens.RefreshKeys, report);
        FilePaths.RefuseFile("Gateway:DataDirectory", Gateway.DataDirectory, report);
        if (Users.DatabaseFile is { } file && !Directory.Exists(Path.GetDirectoryName(file)))
        {
            report.Add(new SettingError("Users:ConnectionString", "***", "names a file in a directory that does not exist.", "Make the directory, or mount it, or correct the path."));
        }
    }

    private void CheckAudience(SettingReport report)
    {
        // Else a refresh token would pass where an access token is wanted, as far as its audience goes (RFC 8725, section 3.12).
        if (Tokens.Issuer.Length > 0 && Tokens.Audience.TrimEnd('/') == Tokens.Issuer.TrimEnd('/') + "/auth/v1/refresh")
        {
            report.Add(new SettingError("Tokens:Audience", Tokens.Audience, "is the audience of refresh tokens.", "Set the name of the API behind the gateway."));
        }
    }

    /// <summary>A service that checks the audience and not the type must not take an access token for one of the gateway's own (RFC 8725, section 3.12).</summary>
    private void CheckInternalAudiences(IConfiguration configuration, SettingReport report)
    {
        foreach (IConfigurationSection cluster in configuration.GetSection("ReverseProxy:Clusters").GetChildren())
        {
            if (Tokens.Audience.Length > 0 && Tokens.Internal.AudiencePrefix + cluster.Key == Tokens.Audience)
            {
                report.Add(new SettingError(cluster.Path, null, "gives internal tokens the audience of access tokens.", "Choose another name, another Tokens:Audience, or set Tokens:Internal:AudiencePrefix."));
            }
        }
    }

    private void CheckHeaderClaims(SettingReport report)
    {
        foreach ((string header, string claim) in Headers.Claims)
        {
            if (!TokenClaims.Contains(claim, StringComparer.Ordinal) && !Tokens.Claims.ContainsKey(claim))
            {
                report.Add(new SettingError($"Headers:Claims:{header}", claim, "is not a claim of access tokens, so the header would never be set.",
                    $"Map the claim under Tokens:Claims, or name one of: {string.Join(", ", TokenClaims)}."));
            }
        }
    }

    private void CheckRateLimits(IConfiguration configuration, SettingReport report)
    {
        var cleaning = new HeaderCleaning(Headers);
        foreach ((string name, RateLimit limit) in RouteNames.Read(configuration).RateLimits)
        {
            if (limit.Scope == RateLimitScope.Distributed && Gateway.Store != StoreKind.Redis && !report.HasErrorAt("Gateway:Store"))
            {
                report.Add(new SettingError($"Gateway:RateLimits:{name}:Scope", nameof(RateLimitScope.Distributed), "has all nodes count together in Redis, and Gateway:Store is not Redis.",
                    "Set Node, or Gateway:Store to Redis."));
            }

            if (limit.Header is { } header && cleaning.IsReserved(header))
            {
                report.Add(new SettingError($"Gateway:RateLimits:{name}:Partition", $"Header:{header}", "is a header that only the gateway may set: what a client sends in it is not true.",
                    "Write User, Tenant, Session or Address, or name another header."));
            }
        }
    }
}
