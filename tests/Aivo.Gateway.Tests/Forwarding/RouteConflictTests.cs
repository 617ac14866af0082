using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Http;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>Two routes of which one can never be reached, or that make requests fail, are refused at start with both names.</summary>
public sealed class RouteConflictTests
{
    [Theory]
    [InlineData("/a/{id}", "", "/A/{other}", "")]
    [InlineData("/a/{**rest}", "", "/a/{**all}", "")]
    [InlineData("/a/{id:guid}/b", "", "/a/{x:guid}/b", "")]
    [InlineData("/a", "Methods:0=GET;Methods:1=PUT", "/a", "Methods:0=PUT")]
    [InlineData("/a", "Hosts:0=one.example.com;Hosts:1=two.example.com", "/a", "Hosts:0=Two.example.com")]
    [InlineData("/a", "Headers:0:Name=X-Kind;Headers:0:Values:0=a", "/a", "Headers:0:Name=x-kind;Headers:0:Values:0=a")]
    [InlineData("", "Hosts:0=one.example.com", "/{**all}", "Hosts:0=one.example.com")]
    public void RoutesOfTheSameRequests_AreRefused_WithBothNames(string first, string firstMatch, string second, string secondMatch)
    {
        SettingError error = Assert.Single(Check(first, firstMatch, second, secondMatch));

        Assert.Equal("ReverseProxy:Routes:second:Match", error.Key);
        Assert.Contains("the route 'first' does, and neither comes first", error.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a/{id}", "", "/a/{id:guid}", "")]
    [InlineData("/a/{id}", "", "/a/b", "")]
    [InlineData("/a/{id}", "", "/a/{**rest}", "")]
    [InlineData("/a", "", "/a", "Methods:0=PUT")]
    [InlineData("/a", "Methods:0=GET", "/a", "Methods:0=PUT")]
    [InlineData("/a", "Hosts:0=one.example.com", "/a", "")]
    [InlineData("/a", "Hosts:0=one.example.com", "/a", "Hosts:0=two.example.com")]
    [InlineData("/a", "Headers:0:Name=X-Kind;Headers:0:Values:0=a", "/a", "Headers:0:Name=X-Kind;Headers:0:Values:0=b")]
    [InlineData("/a", "QueryParameters:0:Name=a;QueryParameters:0:Mode=Exists", "/a", "")]
    public void RoutesThatRoutingTellsApart_AreTaken(string first, string firstMatch, string second, string secondMatch) =>
        Assert.Empty(Check(first, firstMatch, second, secondMatch));

    [Theory]
    [InlineData("", "", true)]
    [InlineData("Methods:0=GET;Methods:1=PUT", "Methods:0=GET", true)]
    [InlineData("Methods:0=GET", "Methods:0=GET;Methods:1=PUT", false)]
    [InlineData("Methods:0=GET", "", false)]
    [InlineData("", "Hosts:0=one.example.com", true)]
    [InlineData("Hosts:0=one.example.com", "", false)]
    [InlineData("Headers:0:Name=X-Kind;Headers:0:Mode=Exists", "", false)]
    public void RouteThatAnEarlierOrderHides_IsRefused(string earlier, string later, bool refused)
    {
        IReadOnlyList<SettingError> errors = Check("/a/{id}", $"{later};../Order=2", "/a/{x}", earlier);

        Assert.Equal(refused ? ["ReverseProxy:Routes:first:Match"] : [], errors.Select(error => error.Key));
        Assert.All(errors, error => Assert.Contains("can never be reached: the route 'second'", error.Problem, StringComparison.Ordinal));
    }

    private static IReadOnlyList<SettingError> Check(string first, string firstMatch, string second, string secondMatch)
    {
        var settings = new Dictionary<string, string?> { ["ReverseProxy:Clusters:up:Destinations:one:Address"] = "http://127.0.0.1:1/" };
        foreach ((string name, string path, string match) in new[] { ("first", first, firstMatch), ("second", second, secondMatch) })
        {
            string route = $"ReverseProxy:Routes:{name}";
            settings[$"{route}:ClusterId"] = "up";
            settings[$"{route}:AuthorizationPolicy"] = "default";
            settings[$"{route}:Match:Path"] = path.Length == 0 ? null : path;
            foreach (string[] pair in match.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=')))
            {
                settings[$"{route}:Match:{pair[0]}".Replace("Match:../", "", StringComparison.Ordinal)] = pair[1];
            }
        }

        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return YarpConfigurationCheck.Run(configuration, new SettingReader(configuration, "", new SettingReport()).Section("Headers", HeadersOptions.Read), []);
    }
}
