using System.Reflection;
using System.Text.Json.Nodes;
using Aivo.Gateway.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class ReverseProxyShapesTests
{
    /// <summary>Ids are the keys of the tables, not members.</summary>
    private static readonly string[] Ids = ["RouteId"];

    [Fact]
    public void TheShape_HasExactlyTheMembersThatYarpReads()
    {
        List<string> differences = [];
        Compare("Routes", typeof(RouteConfig), ReverseProxyShapes.All.Members["Routes"].Item!, differences);
        Compare("Clusters", typeof(ClusterConfig), ReverseProxyShapes.All.Members["Clusters"].Item!, differences);
        Assert.Empty(differences);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void WhatTheShapeAccepts_YarpReads(int choice)
    {
        JsonNode sample = Sample(ReverseProxyShapes.All, "ReverseProxy", choice);
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["ReverseProxy"] = sample }.ToJsonString())))
            .Build();
        var report = new SettingReport();
        ShapeCheck.Run(configuration.GetSection("ReverseProxy"), ReverseProxyShapes.All, report);
        Assert.Empty(report.Errors);

        using ServiceProvider services = new ServiceCollection().AddLogging().AddReverseProxy().LoadFromConfig(configuration.GetSection("ReverseProxy")).Services.BuildServiceProvider();
        IProxyConfig read = services.GetRequiredService<IProxyConfigProvider>().GetConfig();

        RouteConfig route = Assert.Single(read.Routes);
        ClusterConfig cluster = Assert.Single(read.Clusters);
        Assert.Equal(TimeSpan.FromSeconds(90), route.Timeout);
        Assert.Equal(7, route.Order);
        Assert.Equal("text", route.Metadata!["name"]);
        Assert.Equal(TimeSpan.FromSeconds(90), cluster.HealthCheck!.Active!.Interval);
        Assert.Equal("http://host:8080/", Assert.Single(cluster.Destinations!).Value.Address);
        Assert.NotNull(cluster.HttpRequest!.VersionPolicy);
        Assert.NotNull(cluster.SessionAffinity!.Cookie!.SameSite);
    }

    [Theory]
    [InlineData("Order", "-5")]
    [InlineData("MaxRequestBodySize", "-1")]
    public void NegativeNumbers_AreReadByYarp(string name, string value)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"Routes:a:{name}", value)]).Build();
        using ServiceProvider services = new ServiceCollection().AddLogging().AddReverseProxy().LoadFromConfig(configuration).Services.BuildServiceProvider();

        RouteConfig route = Assert.Single(services.GetRequiredService<IProxyConfigProvider>().GetConfig().Routes);

        Assert.Equal(long.Parse(value, System.Globalization.CultureInfo.InvariantCulture), route.Order ?? route.MaxRequestBodySize);
    }

    private static void Compare(string place, Type type, Shape shape, List<string> differences)
    {
        var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(member => !Ids.Contains(member.Name) && !(type == typeof(ClusterConfig) && member.Name == "ClusterId")).ToDictionary(member => member.Name, member => member.PropertyType);
        differences.AddRange(members.Keys.Except(shape.Members.Keys).Select(name => $"{place}:{name} is not in the shape"));
        differences.AddRange(shape.Members.Keys.Except(members.Keys).Select(name => $"{place}:{name} is not in YARP"));
        foreach ((string name, Shape member) in shape.Members.Where(member => members.ContainsKey(member.Key)))
        {
            Type inner = members[name].IsGenericType && members[name].GetGenericTypeDefinition() != typeof(Nullable<>) ? members[name].GetGenericArguments()[^1] : members[name];
            Shape item = member.Item ?? member;
            if (inner.Namespace!.StartsWith("Yarp", StringComparison.Ordinal) && !inner.IsEnum && item.Kind == ShapeKind.Section)
            {
                Compare($"{place}:{name}", inner, item, differences);
            }
            else if (item.Kind == ShapeKind.Section)
            {
                differences.Add($"{place}:{name} is a section in the shape alone");
            }
        }
    }

    private static JsonNode Sample(Shape shape, string name, int choice) => shape.Kind switch
    {
        ShapeKind.Section => new JsonObject(shape.Members.Select(member => KeyValuePair.Create<string, JsonNode?>(member.Key, Sample(member.Value, member.Key, choice)))),
        ShapeKind.Table => new JsonObject { ["name"] = Sample(shape.Item!, name, choice) },
        ShapeKind.List => new JsonArray(Sample(shape.Item!, name, choice)),
        ShapeKind.Choice => shape.Choices[choice % shape.Choices.Count],
        ShapeKind.Duration => "00:01:30",
        ShapeKind.Integer => 7,
        ShapeKind.Flag => true,
        ShapeKind.Url => "http://host:8080/",
        _ => "text",
    };
}
