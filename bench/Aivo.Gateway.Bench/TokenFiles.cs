using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Bench;

/// <summary>What a gateway outside Development needs to start, and access tokens it accepts, each of a session and user of its own.</summary>
internal static class TokenFiles
{
    private static readonly string[] Roles = ["learner", "instructor", "tenant_admin"];

    public static void Write(int count, string directory, string destination, int managementPort)
    {
        string signing = Directory.CreateDirectory(Path.Combine(directory, "signing")).FullName;
        string refresh = Directory.CreateDirectory(Path.Combine(directory, "refresh")).FullName;
        string data = Directory.CreateDirectory(Path.Combine(directory, "data")).FullName;
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            File.WriteAllText(Path.Combine(signing, "bench.pem"), key.ExportPkcs8PrivateKeyPem());
        }

        File.WriteAllBytes(Path.Combine(refresh, "bench.key"), RandomNumberGenerator.GetBytes(32));
        string settings = Path.Combine(directory, "gateway.json");
        File.WriteAllText(settings, Settings(signing, refresh, data, destination, managementPort, count));
        File.WriteAllLines(Path.Combine(directory, "tokens.txt"), Issue(count, settings));
    }

    private static IEnumerable<string> Issue(int count, string settings)
    {
        var report = new SettingReport();
        IConfiguration section = new ConfigurationBuilder().AddJsonFile(settings).Build().GetSection("Tokens");
        var options = TokensOptions.Read(new SettingReader(section, "Tokens", report));
        using SigningKeyRing keys = SigningKeyRing.Load(options.SigningKeys!, options.Algorithm, options.ActiveKey, report.Add)
            ?? throw new InvalidOperationException(string.Join('\n', report.Errors));
        var issuer = new AccessTokenIssuer(keys, options);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var tenant = new TenantId(Guid.CreateVersion7(now));
        for (int number = 0; number < count; number++)
        {
            var token = new AccessToken(
                new UserId(Guid.CreateVersion7(now)), tenant, SessionId.Create(0), TokenId.FromHash(RandomNumberGenerator.GetBytes(18)),
                Roles[number % Roles.Length], options.ClientId, now, now + options.AccessTokenLifetime, now, "", FrozenDictionary<string, string>.Empty);
            yield return issuer.Issue(token, FrozenDictionary<string, JsonElement>.Empty);
        }
    }

    /// <summary>As in production, on one node: store in memory, no access log, and a token cache that holds all tokens.</summary>
    private static string Settings(string signing, string refresh, string data, string destination, int managementPort, int tokens) => JsonSerializer.Serialize(new
    {
        AllowedHosts = "127.0.0.1",
        Serilog = new { MinimumLevel = new { Default = "Warning" } },
        Gateway = new { Store = "Memory", DataDirectory = data, ManagementAddress = "127.0.0.1", ManagementPort = managementPort, AccessLog = false },
        Tokens = new
        {
            Issuer = "https://bench.example.com",
            Audience = "https://bench.example.com/api",
            AccessTokenLifetime = "00:15:00",
            SigningKeys = signing,
            RefreshKeys = refresh,
            CacheSize = tokens,
        },
        Users = new { Provider = "Sqlite" },
        ReverseProxy = new
        {
            Routes = new { bench = new { ClusterId = "bench", AuthorizationPolicy = "default", Match = new { Path = "/bench/{**rest}" } } },
            Clusters = new { bench = new { Destinations = new { one = new { Address = destination } } } },
        },
    });
}
