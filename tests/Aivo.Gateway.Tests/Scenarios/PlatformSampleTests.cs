using System.Text.Json;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Rules;
using Aivo.Gateway.Tests.Tokens;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>The sample of a platform with a destination for each of its services: who may reach which, and what arrives there.</summary>
public sealed class PlatformSampleTests : IAsyncLifetime
{
    private const string Tenant = "0197a2d4-6c00-7000-8000-00000000bb00";
    private const string Learner = """{ "learnerUid": "lee" }""";
    private const string Nothing = "{}";

    /// <summary>Method, path, cluster; a caller who may (role, attributes), and one who may not with the kind of rule, empty where anybody signed in may.</summary>
    private static readonly (string Method, string Path, string Cluster, string Role, string Attributes, string OtherRole, string OtherAttributes, string Rule)[] Calls =
    [
        ("GET", "/learners/lee/profile", "learners", "learner", Learner, "learner", """{ "learnerUid": "ann" }""", "route"),
        ("GET", "/learners/lee/profile", "learners", "tenant_admin", Nothing, "district_admin", Nothing, "route"),
        ("GET", "/learners", "learners", "instructor", Nothing, "learner", Learner, "role"),
        ("GET", "/wellbeing/lee/notes", "learner-wellbeing", "instructor", Nothing, "super_admin", Nothing, "route"),
        ("GET", "/courses/5", "courses", "learner", Learner, "", "", ""),
        ("PUT", "/courses/5", "courses", "instructor", Nothing, "learner", Learner, "role"),
        ("GET", "/lessons/1", "lessons", "device", Nothing, "", "", ""),
        ("GET", "/assessments/1", "assessments", "learner", Learner, "device", Nothing, "role"),
        ("GET", "/grades/1", "grades", "district_admin", Nothing, "learner", Learner, "role"),
        ("GET", "/rosters/1", "rosters", "instructor", Nothing, "device", Nothing, "role"),
        ("GET", "/schools/1", "schools", "tenant_admin", Nothing, "instructor", Nothing, "role"),
        ("GET", "/districts/1", "districts", "district_admin", Nothing, "tenant_admin", Nothing, "role"),
        ("GET", $"/tenants/{Tenant}/settings", "tenants", "learner", Nothing, "", "", ""),
        ("GET", "/tenants/0197a2d4-6c00-7000-8000-00000000bb01/settings", "tenants", "super_admin", Nothing, "tenant_admin", Nothing, "route"),
        ("GET", "/devices/1", "devices", "device", Nothing, "super_admin", Nothing, "role"),
        ("POST", "/telemetry/1", "telemetry", "device", Nothing, "learner", Learner, "role"),
        ("GET", "/content/1", "content", "learner", Learner, "", "", ""),
        ("GET", "/media/1", "media", "learner", Learner, "", "", ""),
        ("GET", "/search/a", "search", "learner", Learner, "", "", ""),
        ("GET", "/messages/1", "messages", "learner", Learner, "", "", ""),
        ("GET", "/notifications/1", "notifications", "device", Nothing, "", "", ""),
        ("GET", "/live/room", "live-lessons", "learner", Learner, "device", Nothing, "role"),
        ("GET", "/tutoring/1", "tutoring", "learner", """{ "plan": "plus" }""", "super_admin", """{ "plan": "free" }""", "claim"),
        ("GET", "/calendar/1", "calendar", "learner", Learner, "", "", ""),
        ("GET", "/reports/1", "reports", "instructor", """{ "plan": "school" }""", "instructor", Nothing, "claim"),
        ("GET", "/analytics/1", "analytics", "super_admin", """{ "plan": "x" }""", "learner", """{ "plan": "x" }""", "role"),
        ("GET", "/billing/1", "billing", "tenant_admin", Nothing, "instructor", Nothing, "role"),
        ("GET", "/licenses/1", "licenses", "super_admin", Nothing, "learner", Nothing, "role"),
        ("GET", "/files/1", "files", "learner", Learner, "", "", ""),
        ("POST", "/translation/1", "translation", "learner", Learner, "", "", ""),
        ("GET", "/speech/1", "speech", "learner", Learner, "", "", ""),
        ("GET", "/administration/1", "administration", "super_admin", Nothing, "tenant_admin", Nothing, "role"),
        ("GET", "/audit/1", "audit", "super_admin", Nothing, "district_admin", Nothing, "role"),
        ("GET", "/support/1", "support", "instructor", Nothing, "learner", Learner, "role"),
    ];

    private readonly KeyFolder _keys = new();
    private readonly Dictionary<string, RecordingDestination> _destinations = [];
    private IssuingKit _kit = null!;
    private GatewayProcess _gateway = null!;

    private static string File => Path.Combine(RepositoryFiles.Root, "samples", "platform", "appsettings.json");

    public async ValueTask InitializeAsync()
    {
        _keys.Add("test.pem", KeyFolder.NewP256Pem()).Add("test.key", System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        var claims = new Dictionary<string, string> { ["learner_uid"] = "learnerUid", ["plan"] = "plan" };
        _kit = new IssuingKit(_keys.SigningKeys(), _keys.RefreshKeys(), IssuingKit.SomeOptions with { Claims = claims }, TimeProvider.System);
        List<(string Key, string Value)> addresses = [];
        using JsonDocument sample = JsonDocument.Parse(await System.IO.File.ReadAllTextAsync(File));
        foreach (JsonProperty cluster in sample.RootElement.GetProperty("ReverseProxy").GetProperty("Clusters").EnumerateObject())
        {
            RecordingDestination destination = await RecordingDestination.StartAsync();
            _destinations[cluster.Name] = destination;
            addresses.AddRange(cluster.Value.GetProperty("Destinations").EnumerateObject()
                .Select(one => ($"ReverseProxy:Clusters:{cluster.Name}:Destinations:{one.Name}:Address", destination.Address)));
        }

        _gateway = await GatewayProcess.StartAsync(
        [
            ("GATEWAY_CONFIG", File),
            ("Tokens:SigningKeys", _keys.Path), ("Tokens:RefreshKeys", _keys.Path), ("Tokens:Issuer", _kit.Options.Issuer), ("Tokens:Audience", _kit.Options.Audience),
            .. addresses,
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        foreach (RecordingDestination destination in _destinations.Values)
        {
            await destination.DisposeAsync();
        }

        _kit.Keys.Dispose();
        _kit.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public async Task EveryService_IsReachedByWhoMay_AndByNobodyElse()
    {
        Assert.True(_destinations.Count >= 30);
        foreach (var call in Calls)
        {
            RawAnswer answer = await SendAsync(call.Method, call.Path, Bearer(call.Role, call.Attributes));
            Assert.True(answer.Status == 200, $"{call}: {answer.Status} {answer.Body}");
            Received arrived = _destinations[call.Cluster].Take() ?? throw new InvalidOperationException($"{call} went elsewhere");
            Assert.Equal((call.Path, call.Role, Tenant), (arrived.Target, arrived.Header("X-User-Role"), arrived.Header("X-Tenant-Id")));
            Assert.Equal(call.Attributes == Learner ? "lee" : null, arrived.Header("X-Learner-Id"));

            Assert.Equal(401, (await SendAsync(call.Method, call.Path)).Status);
            if (call.Rule.Length > 0)
            {
                RawAnswer refused = await SendAsync(call.Method, call.Path, Bearer(call.OtherRole, call.OtherAttributes));
                Assert.True(refused.Status == 403 && refused.Body.Contains($"\"rule\":\"{call.Rule}\"", StringComparison.Ordinal), $"{call}: {refused.Status} {refused.Body}");
            }

            Assert.All(_destinations.Values, destination => Assert.Empty(destination.Requests));
        }

        // Every service but the one that speaks HTTP/2 alone and the two that ask nobody who they are.
        Assert.Equal(["grading", "status", "webhooks"], _destinations.Keys.Except(Calls.Select(call => call.Cluster)).Order());
    }

    [Fact]
    public async Task OpenRoutes_KnowNobody_AndTakeTheirMethodsAlone()
    {
        Assert.Equal(200, (await SendAsync("GET", "/status", Bearer("super_admin", Nothing), "X-User-Role: super_admin")).Status);
        Received status = _destinations["status"].Take()!;
        Assert.Equal((null, null), (status.Header("X-User-Role"), status.Header("Authorization")));
        Assert.Equal(200, (await SendAsync("POST", "/webhooks/payments", "Authorization: Basic c2VydmljZTo=")).Status);
        Assert.Equal("Basic c2VydmljZTo=", _destinations["webhooks"].Take()!.Header("Authorization"));
        Assert.Equal(405, (await SendAsync("GET", "/webhooks/payments")).Status);
        Assert.Equal(405, (await SendAsync("DELETE", "/status")).Status);
        Assert.Equal(404, (await SendAsync("GET", "/unknown")).Status);
    }

    [Fact]
    public async Task LimitsAndOrigins_AreThoseOfTheSample()
    {
        string bearer = Bearer("learner", Learner);
        Assert.Equal(413, (await SendAsync("POST", "/messages/1", bearer, "Content-Length: 1048577")).Status);
        Assert.Equal("https://app.example.com", (await SendAsync("GET", "/messages/1", bearer, "Origin: https://app.example.com")).Header("Access-Control-Allow-Origin"));
        Assert.Null((await SendAsync("GET", "/billing/1", bearer, "Origin: https://app.example.com")).Header("Access-Control-Allow-Origin"));
        Assert.Equal("*", (await SendAsync("GET", "/status", "Origin: https://anywhere.example")).Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task CostlyService_TakesTenAMinuteOfOneUser()
    {
        string bearer = Bearer("learner", Learner);
        List<int> statuses = [];
        for (int number = 0; number < 12; number++)
        {
            statuses.Add((await SendAsync("POST", "/translation/1", bearer)).Status);
        }

        RawAnswer limited = await SendAsync("POST", "/translation/1", bearer);
        Assert.Equal([.. Enumerable.Repeat(200, 10), 429, 429], statuses);
        Assert.Contains("\"rate_limited\"", limited.Body, StringComparison.Ordinal);
        Assert.InRange(int.Parse(limited.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal(200, (await SendAsync("GET", "/messages/1", bearer)).Status);
    }

    [Fact]
    public async Task ConfigCheck_PassesIt()
    {
        (int exit, string output, string error) = await GatewayProcess.RunAsync(["config", "check", "--config", File], null, ("DOTNET_ENVIRONMENT", "Development"));
        Assert.True(exit == 0, output + error);
    }

    private string Bearer(string role, string attributes)
    {
        AccessToken token = _kit.SomeToken() with { Session = SessionId.Create(0), Role = role, Tenant = new TenantId(new Guid(Tenant)) };
        return $"Authorization: Bearer {SecretLedger.Note(new AccessTokenIssuer(_kit.Keys, _kit.Options).Issue(token, JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(attributes)!))}";
    }

    private Task<RawAnswer> SendAsync(string method, string target, params string[] headers)
    {
        string length = method == "GET" || headers.Any(header => header.StartsWith("Content-Length", StringComparison.Ordinal)) ? "" : "Content-Length: 0\r\n";
        return RawHttp.SendAsync(_gateway.Port, $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{length}{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");
    }
}
