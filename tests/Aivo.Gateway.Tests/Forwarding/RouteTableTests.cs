using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Http;
using Aivo.Gateway.Tests.Http;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>What the command <c>routes</c> says of a request is what the running proxy does with it.</summary>
public sealed class RouteTableTests
{
    private static readonly (string Route, string Setting, string Value)[] Routes =
    [
        ("any", "Match:Path", "/{**rest}"),
        ("orders", "Match:Path", "/orders/{**rest}"),
        ("one", "Match:Path", "/orders/{id:int}"),
        ("report", "Match:Path", "/orders/report"),
        ("write", "Match:Path", "/orders/{id:int}"), ("write", "Match:Methods:0", "PUT"), ("write", "Match:Methods:1", "POST"),
        ("beta", "Match:Path", "/orders/{id:int}"), ("beta", "Match:Headers:0:Name", "X-Beta"), ("beta", "Match:Headers:0:Mode", "Exists"),
        ("flagged", "Match:Path", "/orders/{id:int}"), ("flagged", "Match:QueryParameters:0:Name", "flag"), ("flagged", "Match:QueryParameters:0:Mode", "Exists"),
        ("first", "Match:Path", "/orders/first/{**rest}"), ("first", "Order", "-1"),
        ("host", "Match:Hosts:0", "other.example.com"),
        ("get", "Match:Path", "/get"), ("get", "Match:Methods:0", "GET"),
    ];

    private static readonly (string Method, string Target, string Host, string Header)[] Requests =
    [
        ("GET", "/orders/5", "localhost", ""), ("GET", "/orders/05", "localhost", ""), ("GET", "/ORDERS/REPORT", "localhost", ""), ("GET", "/orders/x", "localhost", ""),
        ("PUT", "/orders/5", "localhost", ""), ("POST", "/orders/x", "localhost", ""), ("GET", "/orders/5", "localhost", "X-Beta: 1"), ("GET", "/orders/5?flag=1", "localhost", ""),
        ("GET", "/orders/first/1", "localhost", ""), ("GET", "/orders", "localhost", ""), ("GET", "/", "localhost", ""), ("GET", "/x", "other.example.com", ""),
        ("DELETE", "/get", "localhost", ""), ("GET", "/get", "localhost", ""), ("GET", "/orders/%35", "localhost", ""), ("GET", "/orders/5/", "localhost", ""),
    ];

    [Fact]
    public async Task Choice_IsTheRunningProxys()
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync();
        var start = new TestGateway { Hosts = "localhost;other.example.com" };
        foreach ((string key, string? value) in Settings(destination.Address))
        {
            start.Settings[key] = value;
        }

        RouteTable table = Table(destination.Address);
        await using TestGateway gateway = await TestGateway.StartAsync(destination, start);
        foreach ((string method, string target, string host, string header) in Requests)
        {
            await RawHttp.SendAsync(gateway.Port, $"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{(header.Length == 0 ? "" : header + "\r\n")}Content-Length: 0\r\n\r\n");

            string? taken = destination.Take()?.Header("X-Route");
            (RouteChoice choice, _) = table.Try(Request(method, target, host, header));
            Assert.True(taken is not null && taken == choice.Route, $"{method} {target} {host} {header}: took {taken}, said {choice.Route} {choice.Refusal}");
        }
    }

    [Fact]
    public void EveryOtherRoute_HasItsReason()
    {
        (RouteChoice choice, IReadOnlyList<(string Route, string Reason)> others) = Table().Try(Request("GET", "/orders/5", "localhost", ""));

        Assert.Equal("one", choice.Route);
        Assert.Equal([KeyValuePair.Create("id", "5")], choice.Values);
        Assert.Equal(
            [
                ("first", "the path does not match"), ("any", "matches, but 'one' comes first: it asks for more of the path, host, method, headers or query"),
                ("beta", "a header does not match"), ("flagged", "a query parameter does not match"), ("get", "the path does not match"), ("host", "the host does not match"),
                ("orders", "matches, but 'one' comes first: it asks for more of the path, host, method, headers or query"), ("report", "the path does not match"),
                ("write", "the method does not match"),
            ],
            others.Where(other => other.Route is not ("closed" or "open")));
    }

    [Theory]
    [InlineData("/auth/v1/login", "the gateway answers it itself")]
    [InlineData("/.well-known/jwks.json", "the gateway answers it itself")]
    [InlineData("/a/../b", "two ways: 400")]
    [InlineData("/a%2fb", "two ways: 400")]
    public void RequestThatReachesNoRoute_SaysWhy(string path, string reason)
    {
        RouteChoice choice = Table().Try(Request("GET", path, "localhost", "")).Choice;

        Assert.Null(choice.Route);
        Assert.EndsWith(reason, choice.Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//odd/x/../a", "odd")]
    [InlineData("/odd/a", "odd")]
    [InlineData("/odd//../open/a", null)]
    [InlineData("/odd/%252f", null)]
    public void OddPath_IsTriedInItsCanonicalForm_WhereTheRouteTakesIt(string path, string? route)
    {
        Dictionary<string, string?> settings = Settings("http://127.0.0.1:9/");
        settings["ReverseProxy:Routes:odd:ClusterId"] = "up";
        settings["ReverseProxy:Routes:odd:Match:Path"] = "/odd/{**rest}";
        settings["ReverseProxy:Routes:odd:AuthorizationPolicy"] = "anonymous";
        settings["ReverseProxy:Routes:odd:Metadata:Paths"] = "Canonical";

        Assert.Equal(route, Table(settings).Try(Request("GET", path, "localhost", "")).Choice.Route);
    }

    [Fact]
    public void Description_SaysWhatApplies()
    {
        Dictionary<string, string?> settings = Settings("http://user:secret@127.0.0.1:9/");
        settings["Gateway:Policies:staff:Roles:0"] = "instructor";
        settings["ReverseProxy:Routes:one:AuthorizationPolicy"] = "staff";
        settings["ReverseProxy:Routes:one:Metadata:RouteClaims"] = "id=learner_uid";
        settings["ReverseProxy:Routes:one:Timeout"] = "00:00:30";

        Assert.Equal(
            [
                "path: /orders/{id:int}", "policy: staff", "caller: signed in", "caller: role is \"instructor\"", "caller: {id} of the path is claim \"learner_uid\"",
                "header Authorization: a token of the gateway's own, for this cluster", "identity headers: X-User-Id, X-Tenant-Id, X-User-Role, X-Session-Id", "time-out: 00:00:30", "transforms: RequestHeader Set",
                "cluster: up", "destinations: one = 'http://***@127.0.0.1:9/'",
            ],
            Table(settings).Description("one").Lines);
    }

    private static TriedRequest Request(string method, string target, string host, string header)
    {
        string[] parts = target.Split('?');
        string[] field = header.Split(": ");
        return new TriedRequest(method, parts[0], parts.Length > 1 ? "?" + parts[1] : "", host, header.Length == 0 ? [] : [KeyValuePair.Create(field[0], field[1])]);
    }

    private static Dictionary<string, string?> Settings(string address)
    {
        var settings = new Dictionary<string, string?> { ["ReverseProxy:Clusters:up:Destinations:one:Address"] = address };
        foreach ((string route, string setting, string value) in Routes)
        {
            settings[$"ReverseProxy:Routes:{route}:ClusterId"] = "up";
            settings[$"ReverseProxy:Routes:{route}:AuthorizationPolicy"] = "anonymous";
            settings[$"ReverseProxy:Routes:{route}:Transforms:0:RequestHeader"] = "X-Route";
            settings[$"ReverseProxy:Routes:{route}:Transforms:0:Set"] = route;
            settings[$"ReverseProxy:Routes:{route}:{setting}"] = value;
        }

        return settings;
    }

    private static RouteTable Table(string address = "http://127.0.0.1:9/") => Table(Settings(address));

    private static RouteTable Table(Dictionary<string, string?> settings)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        HeadersOptions headers = new SettingReader(configuration, "", new SettingReport()).Section("Headers", HeadersOptions.Read);
        Assert.Empty(YarpConfigurationCheck.Run(configuration, headers, []));
        return RouteTable.Read(configuration, headers);
    }
}
