using System.Text;
using Aivo.Gateway.Hosting;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class SettingPlacesTests
{
    private const string First = """
        {
          // a comment
          "Gateway": { "TrustedProxies": [
            "10.0.0.0/8",
            "nonsense" ] },
          "Tokens": {
            "Audience": "a\nb", "Issuer": "x",
            "Claims": { "a": "b" },
          },
        }
        """;

    private const string Second = "\uFEFF{ \"tokens\": {\n\"ISSUER\": \"y\" } }";

    [Theory]
    [InlineData("Gateway:TrustedProxies:0", "first, line 4")]
    [InlineData("Gateway:TrustedProxies:1", "first, line 5")]
    [InlineData("Gateway:TrustedProxies:7", "first, line 3")]
    [InlineData("Gateway:Store", "first, line 3")]
    [InlineData("Tokens:Audience", "first, line 7")]
    [InlineData("Tokens:Issuer", "second, line 2")]
    [InlineData("Tokens:Claims:a", "first, line 8")]
    [InlineData("Tokens", "second, line 1")]
    [InlineData("ReverseProxy:Routes", null)]
    public void Setting_IsFoundWhereTheLastFileHasIt(string key, string? place) =>
        Assert.Equal(place, SettingPlaces.In(Files(First, Second)).Find(key));

    [Fact]
    public void EnvironmentVariable_WinsOverFiles()
    {
        const string Variable = "ASPNETCORE_AivoTest__Places__Own";
        Environment.SetEnvironmentVariable(Variable, "x");
        Assert.Equal($"environment variable {Variable}", SettingPlaces.In(Files("""{ "AivoTest": { "Places": { "Own": "y" } } }""")).Find("AivoTest:Places:Own"));
        Environment.SetEnvironmentVariable(Variable, null);
    }

    [Fact]
    public void FileThatIsNoJson_HasNoPlaces() => Assert.Null(SettingPlaces.In(Files("{ \"Tokens\": {")).Find("Tokens"));

    private static ConfigurationFiles Files(params string[] contents) => new("Production",
        [.. contents.Select((content, index) => new ConfigurationFile("--config", index == 0 ? "first" : "second", Encoding.UTF8.GetBytes(content), null))]);
}
