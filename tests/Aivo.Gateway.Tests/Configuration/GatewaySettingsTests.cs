using Aivo.Gateway.Configuration;
using Aivo.Gateway.Hosting;
using Aivo.Gateway.Http;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class GatewaySettingsTests : IDisposable
{
    private readonly SettingsUnderTest _settings = new();

    public void Dispose() => _settings.Dispose();

    public static TheoryData<string> BadNames => [.. BadSettings.All.Concat(BadRoutes.All).Concat(BadPolicies.All).Concat(BadCorsPolicies.All).Concat(BadClusters.All).Select(bad => bad.Name)];

    [Theory]
    [MemberData(nameof(BadNames))]
    public void BadConfiguration_IsOneErrorThatNamesTheSetting(string name)
    {
        BadConfiguration bad = BadSettings.All.Concat(BadRoutes.All).Concat(BadPolicies.All).Concat(BadCorsPolicies.All).Concat(BadClusters.All).Single(one => one.Name == name);

        SettingReport report = _settings.Read(development: false, bad.Changes);

        SettingError error = Assert.Single(report.Errors);
        Assert.Equal(bad.ExpectedKey, error.Key);
        Assert.Contains(bad.ExpectedFragment, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(".", error.Problem, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void AValidConfiguration_HasNoErrorAndItsValues()
    {
        (GatewaySettings settings, SettingReport report) = _settings.ReadSettings(development: false,
            ("gateway:managementport", "9191"), ("Gateway:TrustedProxies:0", "10.0.0.0/8"), ("Gateway:TrustedProxies:1", "2001:db8::1"),
            ("Tokens:AccessTokenLifetime", "00:10:00"), ("Tokens:Claims:scope", "scope"), ("Headers:Claims:X-Scope", "scope"), ("Headers:Claims:X-Token", "jti"));

        Assert.Empty(report.Errors);
        Assert.Equal(9191, settings.Gateway.ManagementPort);
        Assert.Equal(["10.0.0.0/8", "2001:db8::1/128"], settings.Gateway.TrustedProxies.Select(network => network.ToString()));
        Assert.Equal(StoreKind.Memory, settings.Gateway.Store);
        Assert.Equal(TimeSpan.FromMinutes(10), settings.Tokens.AccessTokenLifetime);
        Assert.Equal("api.example.com", settings.AllowedHosts);
    }

    [Fact]
    public void EveryError_IsReportedAtOnce()
    {
        BadConfiguration[] together =
        [
            .. BadSettings.All.Where(bad => bad.Name is "a bare number as a duration" or "a misspelt setting" or "a misspelt section in a file"
                or "an absolute life below the idle one" or "any host" or "a port out of range" or "trust in everybody"),
            .. BadRoutes.All.Where(bad => bad.Name is "a route without a policy" or "a destination on the disk"),
        ];
        Assert.Equal(9, together.Length);

        SettingReport report = _settings.Read(development: false, [.. together.SelectMany(bad => bad.Changes)]);

        Assert.Equal(together.Select(bad => bad.ExpectedKey).Order(StringComparer.Ordinal), report.Errors.Select(error => error.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ProductionWithoutAnything_ListsWhatMustBeSet()
    {
        IConfigurationRoot shipped = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build();
        var report = new SettingReport();

        GatewaySettings.Read(shipped, development: false, report);

        Assert.Equal(
            ["Gateway:Store", "Tokens:Issuer", "Tokens:Audience", "Tokens:SigningKeys", "Tokens:RefreshKeys", "Users:Provider", "AllowedHosts"],
            report.Errors.Select(error => error.Key));
        Assert.All(report.Errors, error => Assert.Contains(error.Key.Replace(":", "__", StringComparison.Ordinal), error.Fix, StringComparison.Ordinal));
    }

    [Fact]
    public void DevelopmentDefaults_AreValidAsTheyAre()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(DevelopmentDefaults.Values)
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"))
            .Build();
        var report = new SettingReport();

        GatewaySettings settings = GatewaySettings.Read(configuration, development: true, report);

        Assert.Empty(report.Errors);
        Assert.Equal(StoreKind.Memory, settings.Gateway.Store);
        Assert.Equal("127.0.0.1", settings.Gateway.ManagementAddress);
        Assert.True(Path.IsPathFullyQualified(settings.Gateway.DataDirectory));
        Assert.Equal("learnerUid", settings.Tokens.Claims["learner_uid"]);
    }

    [Theory]
    [InlineData("AllowedHosts", "*")]
    [InlineData("ReverseProxy:Clusters:orders:HttpClient:DangerousAcceptAnyServerCertificate", "true")]
    [InlineData("Tokens:SigningKeys", null)]
    public void WhatOnlyDevelopmentMayDo_IsAcceptedThere(string key, string? value)
    {
        Assert.Empty(_settings.Read(development: true, (key, value)).Errors);
        Assert.Equal(key, Assert.Single(_settings.Read(development: false, (key, value)).Errors).Key);
    }

    [Theory]
    [InlineData("/auth/{**rest}")]
    [InlineData("/{**catch-all}")]
    [InlineData("/auth/v1x/{id}")]
    [InlineData("/auth/v2/{**rest}")]
    [InlineData("/api/auth/v1")]
    [InlineData("/.well-known/openid-configuration")]
    public void PathsBesideTheGatewaysOwn_AreAccepted(string path) =>
        Assert.Empty(_settings.Read(development: false, ("ReverseProxy:Routes:orders:Match:Path", path)).Errors);

    [Fact]
    public void NullsAndEmptyListsInAFile_MeanNotSet()
    {
        string valid = SettingsUnderTest.Nested(SettingsUnderTest.Production).ToJsonString();
        (GatewaySettings settings, SettingReport report) = _settings.ReadJson(development: false, valid,
            """{ "Gateway": { "TrustedProxies": [], "Cors": { "Origins": [] }, "ManagementPort": null, "Policies": {} }, "Tokens": { "Claims": {} }, "Redis": null }""");

        Assert.Empty(report.Errors);
        Assert.Empty(settings.Gateway.TrustedProxies);
        Assert.Equal(9090, settings.Gateway.ManagementPort);
    }

    [Fact]
    public void NullInMetadata_IsRefused()
    {
        string valid = SettingsUnderTest.Nested(SettingsUnderTest.Production).ToJsonString();
        (_, SettingReport report) = _settings.ReadJson(development: false, valid,
            """{ "ReverseProxy": { "Routes": { "orders": { "Metadata": { "Authorization": null, "WebSocketToken": {} } } } } }""");

        Assert.Equal(
            ["ReverseProxy:Routes:orders:Metadata:Authorization", "ReverseProxy:Routes:orders:Metadata:WebSocketToken"],
            report.Errors.Select(error => error.Key));
    }

    [Fact]
    public void AnEmptyRoute_IsRefused()
    {
        string valid = SettingsUnderTest.Nested(SettingsUnderTest.Production).ToJsonString();
        (_, SettingReport report) = _settings.ReadJson(development: false, valid, """{ "ReverseProxy": { "Routes": { "empty": {}, "none": null } } }""");

        Assert.Equal(
            ["empty:AuthorizationPolicy", "empty:ClusterId", "empty:Match", "none:AuthorizationPolicy", "none:ClusterId", "none:Match"],
            report.Errors.Select(error => error.Key["ReverseProxy:Routes:".Length..]));
    }
}
