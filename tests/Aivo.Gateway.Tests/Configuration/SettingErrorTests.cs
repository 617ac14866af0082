using Aivo.Gateway.Configuration;
using Aivo.Gateway.Hosting;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class SettingErrorTests : IDisposable
{
    private readonly SettingsUnderTest _settings = new();

    public void Dispose() => _settings.Dispose();

    [Theory]
    [InlineData("Redis:Configuration", " redis:6379,password=hunter2", "Redis")]
    [InlineData("Redis:Configuration", "redis:6379,password=hunter2,nonsense=1", "Redis")]
    [InlineData("Redis:Configuration", "redis:6379,connectTimeout=hunter2", "Redis")]
    [InlineData("Users:ConnectionString", "Host=db;Password=hunter2", "Memory")]
    [InlineData("Users:ConnectionString", "Data Source=/nowhere/users.db;Password=hunter2", "Memory")]
    [InlineData("Redis:Pasword", "hunter2", "Memory")]
    [InlineData("Users", "hunter2", "Memory")]
    [InlineData("Gateway:PublicUrl", "https://root:hunter2@api.example.com", "Memory")]
    [InlineData("ReverseProxy:Clusters:orders:HttpClient:WebProxy:Address", "http://root:hunter2@proxy:3128", "Memory")]
    [InlineData("ReverseProxy:Secret", "hunter2", "Memory")]
    public void Secrets_AreNeverShown(string key, string value, string store)
    {
        (GatewaySettings settings, SettingReport report) = _settings.ReadSettings(development: false, ("Gateway:Store", store), (key, value));

        Assert.Contains(report.Errors, error => key.StartsWith(error.Key, StringComparison.Ordinal));
        Assert.All(report.Errors, error => Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AValidRedisPassword_IsNotInTheSettingsText()
    {
        (GatewaySettings settings, SettingReport report) = _settings.ReadSettings(development: false,
            ("Gateway:Store", "Redis"), ("Redis:Configuration", "redis:6379,user=aivo,password=hunter2"));

        Assert.Empty(report.Errors);
        Assert.Contains("hunter2", settings.Redis.Configuration, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AValue_CannotForgeALineOrFloodTheLog()
    {
        var error = new SettingError("Tokens:Issuer", "a\r\n0 errors\u001b[2J" + new string('x', 5000), "is wrong.", "Correct it.");

        Assert.DoesNotContain(error.ToString(), char.IsControl);
        Assert.Contains(@"a\u000d\u000a0 errors\u001b[2J", error.ToString(), StringComparison.Ordinal);
        Assert.InRange(error.ToString().Length, 200, 400);
    }
}
