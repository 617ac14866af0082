using System.Text.Json;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Tokens;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>Policies of routes through the running program: what is refused reaches no destination, and says the kind of rule alone.</summary>
public sealed class PolicyTests : IAsyncLifetime
{
    private const string Secret = "gold-plan";
    private const string OtherTenant = "0197a2d4-6c00-7000-8000-00000000bb00";

    private static readonly UserId User = new(new Guid("0197a2d4-6c00-7000-8000-0000000000ab"));

    private readonly KeyFolder _keys = new();
    private IssuingKit _kit = null!;
    private RecordingDestination _destination = null!;
    private GatewayProcess _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _keys.Add("test.pem", KeyFolder.NewP256Pem()).Add("test.key", System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        var claims = new Dictionary<string, string> { ["plan"] = "plan", ["grades"] = "grades", ["scope"] = "scope", ["learner_uid"] = "learnerUid" };
        _kit = new IssuingKit(_keys.SigningKeys(), _keys.RefreshKeys(), IssuingKit.SomeOptions with { Claims = claims }, TimeProvider.System);
        _destination = await RecordingDestination.StartAsync();
        _gateway = await GatewayProcess.StartAsync(
        [
            ("Tokens:SigningKeys", _keys.Path), ("Tokens:RefreshKeys", _keys.Path), ("Tokens:Issuer", _kit.Options.Issuer), ("Tokens:Audience", _kit.Options.Audience),
            ("ReverseProxy:Clusters:own:Destinations:one:Address", _destination.Address),
            ("Gateway:Policies:staff:Roles:0", "instructor"), ("Gateway:Policies:staff:Roles:1", "tenant_admin"),
            ("Gateway:Policies:readers:Scopes:0", "read"), ("Gateway:Policies:readers:Scopes:1", "list"),
            ("Gateway:Policies:subscribed:Claims:plan:OneOf:0", Secret), ("Gateway:Policies:subscribed:Claims:plan:OneOf:1", "silver-plan"),
            ("Gateway:Policies:tenant:Tenants:0", OtherTenant),
            ("Gateway:Policies:own:RouteClaims:learnerId", "learner_uid"), ("Gateway:Policies:own:PassRoles:0", "tenant_admin"),
            .. Route("roles", "/roles/{**rest}", "staff"),
            .. Route("scopes", "/scopes/{**rest}", "readers"),
            .. Route("claims", "/claims/{**rest}", "subscribed", ("Claims", "grades = 5 | 6")),
            .. Route("tenants", "/tenants/{**rest}", "tenant"),
            .. Route("learners", "/learners/{learnerId}/{**rest}", "own"),
            .. Route("short", "/short/{uid}", "default", ("Roles", "learner,instructor"), ("RouteClaims", "uid=sub; pass=instructor")),
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
        _kit.Keys.Dispose();
        _kit.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public async Task EveryKindOfRule_LetsPassWhatItAsksFor_AndRefusesTheRest()
    {
        string tenant = _kit.SomeToken().Tenant.ToString();
        await PassesAsync("/roles/a", "{}", "instructor");
        await PassesAsync("/roles/a", "{}", "tenant_admin");
        await RefusedAsync("/roles/a", "role", "{}", "learner");
        await RefusedAsync("/roles/a", "role", "{}", "Instructor");

        await PassesAsync("/scopes/a", """{ "scope": "list read" }""");
        await RefusedAsync("/scopes/a", "scope", """{ "scope": "read" }""");
        await RefusedAsync("/scopes/a", "scope", "{}");

        await PassesAsync("/claims/a", $$"""{ "plan": "{{Secret}}", "grades": [4, 5] }""");
        await RefusedAsync("/claims/a", "claim", $$"""{ "plan": "{{Secret}}", "grades": [4, 7] }""");
        await RefusedAsync("/claims/a", "claim", """{ "plan": "bronze", "grades": 5 }""");

        await PassesAsync("/tenants/a", "{}", tenant: OtherTenant);
        await RefusedAsync("/tenants/a", "tenant", "{}", tenant: tenant);

        await PassesAsync($"/short/{User}", "{}");
        await PassesAsync("/short/someone-else", "{}", "instructor");
        await RefusedAsync("/short/someone-else", "route", "{}");
        await RefusedAsync($"/short/{User}", "role", "{}", "tenant_admin");
    }

    [Fact]
    public async Task PathThatNamesTheCaller_IsComparedAsItIsForwarded()
    {
        const string Own = """{ "learnerUid": "lee a1" }""";
        await PassesAsync("/learners/lee%20a1/marks", Own);
        await PassesAsync("/LEARNERS/l%65e%20a1/marks", Own, forwarded: "/LEARNERS/lee%20a1/marks");
        await PassesAsync("/learners/anyone/marks", "{}", "tenant_admin");
        await PassesAsync("/learners/b/", """{ "learnerUid": ["a", "b"] }""");
        await RefusedAsync("/learners/lee+a1/marks", "route", Own);
        await RefusedAsync("/learners/Lee%20a1/marks", "route", Own);
        await RefusedAsync("/learners/lee%20a1%20/marks", "route", Own);
        await RefusedAsync("/learners/other/marks", "route", Own);
        await RefusedAsync("/learners/other/marks?learnerId=lee%20a1", "route", Own);
        await RefusedAsync("/learners/undefined/marks", "route", "{}");
        Assert.Equal(400, (await GetAsync("/learners/lee%2520a1/marks", Own)).Status);
        Assert.Equal(400, (await GetAsync("/learners/lee%20a1/../other/marks", Own)).Status);
        Assert.Equal(400, (await GetAsync("/learners/lee%20a1%2f..%2fother/marks", Own)).Status);
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task RefusalSaysTheKindOfRule_InAnswerLogAndMetric_AndNoValue()
    {
        RawAnswer refused = await GetAsync("/claims/a", """{ "plan": "bronze-plan" }""");

        Assert.Equal(403, refused.Status);
        using JsonDocument body = JsonDocument.Parse(refused.Body);
        Assert.Equal("forbidden", body.RootElement.GetProperty("error").GetString());
        Assert.Equal(["traceId", "rule"], body.RootElement.GetProperty("details").EnumerateObject().Select(member => member.Name));
        Assert.Equal("claim", body.RootElement.GetProperty("details").GetProperty("rule").GetString());
        Assert.Null(refused.Header("WWW-Authenticate"));
        await _gateway.LogLineAsync("PolicyDenied");
        Assert.DoesNotContain(_gateway.Log.Append(refused.Body), line => line.Contains(Secret, StringComparison.Ordinal) || line.Contains("bronze-plan", StringComparison.Ordinal));
        using var management = new HttpClient { BaseAddress = _gateway.Management };
        string metrics = await management.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains(metrics.Split('\n'), line => line.StartsWith("aivo_gateway_policy_denied_total{", StringComparison.Ordinal)
            && line.Contains("route=\"claims\"", StringComparison.Ordinal) && line.Contains("rule=\"claim\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NoTokenOrABadOne_Is401_WhateverThePolicyIs()
    {
        foreach (string path in new[] { "/roles/a", "/learners/a/b", "/short/a" })
        {
            Assert.Equal(401, (await RawHttp.GetAsync(_gateway.Port, path)).Status);
            Assert.Equal(401, (await RawHttp.GetAsync(_gateway.Port, path, "Authorization: Bearer x.y.z")).Status);
        }

        Assert.Null(_destination.Take());
    }

    private static (string Key, string Value)[] Route(string name, string path, string policy, params (string Key, string Value)[] metadata) =>
    [
        ($"ReverseProxy:Routes:{name}:ClusterId", "own"),
        ($"ReverseProxy:Routes:{name}:Match:Path", path),
        ($"ReverseProxy:Routes:{name}:AuthorizationPolicy", policy),
        .. metadata.Select(entry => ($"ReverseProxy:Routes:{name}:Metadata:{entry.Key}", entry.Value)),
    ];

    private async Task PassesAsync(string target, string attributes, string role = "learner", string? tenant = null, string? forwarded = null)
    {
        RawAnswer answer = await GetAsync(target, attributes, role, tenant);
        Assert.True(answer.Status == 200, $"{target} {attributes} {role}: {answer.Status} {answer.Body}");
        Assert.Equal(forwarded ?? target, _destination.Take()!.Target);
    }

    private async Task RefusedAsync(string target, string rule, string attributes, string role = "learner", string? tenant = null)
    {
        RawAnswer answer = await GetAsync(target, attributes, role, tenant);
        Assert.True(answer.Status == 403 && answer.Body.Contains($"\"rule\":\"{rule}\"", StringComparison.Ordinal), $"{target} {attributes} {role}: {answer.Status} {answer.Body}");
        Assert.Null(_destination.Take());
    }

    private Task<RawAnswer> GetAsync(string target, string attributes, string role = "learner", string? tenant = null)
    {
        AccessToken token = _kit.SomeToken() with { User = User, Session = SessionId.Create(0), Role = role };
        token = tenant is not null && TenantId.TryParse(tenant, out TenantId id) ? token with { Tenant = id } : token;
        string compact = new AccessTokenIssuer(_kit.Keys, _kit.Options).Issue(token, JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(attributes)!);
        return RawHttp.GetAsync(_gateway.Port, target, $"Authorization: Bearer {SecretLedger.Note(compact)}");
    }
}
