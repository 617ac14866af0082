using System.Collections.Frozen;
using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;
using IPNetwork = System.Net.IPNetwork;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>
/// The front and the forwarding of the gateway on real sockets, with a stand-in for authentication: the bearer <c>good</c> is a user.
/// Routes: <c>/closed/**</c> needs the bearer, <c>/open/**</c> does not; further settings by <see cref="Settings"/>.
/// </summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private WebApplication? _server;
    private HeadersOptions? _headers;

    public int Port { get; } = FreePort.Next();

    public int Http2Port { get; } = FreePort.Next();

    public string Hosts { get; init; } = "localhost;127.0.0.1";

    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    public bool Sample { get; init; }

    /// <summary>Where forwarded requests can be revoked.</summary>
    public RequestsInFlight InFlight { get; } = new();

    /// <summary>One that is always fresh, unless another is given.</summary>
    public RevocationState State { get; init; } = new(TimeProvider.System, 0);

    /// <summary>The token that the bearer <c>good</c> stands for.</summary>
    public AccessToken Token { get; set; } = TokenUntil(DateTimeOffset.MaxValue);

    /// <summary>Until when the session is refreshed, as its store says.</summary>
    public Func<DateTimeOffset?> RefreshedUntil { get; set; } = () => null;

    public RevocationEntry EndOfSession => RevocationEntry.ForSession(Token.Session, DateTimeOffset.MaxValue);

    /// <summary>What the check before the forwarder says.</summary>
    public Func<HttpContext, Denial?> CheckLast { get; set; } = _ => null;

    /// <summary>Settings over the standard ones, such as <c>ReverseProxy:Routes:open:Order</c>.</summary>
    public Dictionary<string, string?> Settings { get; } = [];

    public Dictionary<string, string> Claims { get; } = [];

    /// <summary>The ids of the clusters as the proxy has them.</summary>
    public IEnumerable<string> Clusters => _server!.Services.GetRequiredService<ProxyConfiguration>().GetConfig().Clusters.Select(cluster => cluster.ClusterId);

    /// <summary>Changes settings of the running gateway as a reload does: taken when nothing is wrong with them, and in use when it returns.</summary>
    public async Task ReloadAsync(params (string Key, string? Value)[] changes)
    {
        foreach ((string key, string? value) in changes)
        {
            _server!.Configuration[key] = value;
        }

        CheckedRoutes routes = YarpConfigurationCheck.Read(_server!.Configuration, _headers!, []);
        if (routes.Errors.Count == 0)
        {
            await _server.Services.GetRequiredService<ProxyConfiguration>().PublishAsync(routes);
        }
    }

    public static async Task<TestGateway> StartAsync(RecordingDestination destination, TestGateway? gateway = null)
    {
        gateway ??= new TestGateway();
        await gateway.StartAsync(destination.Address);
        return gateway;
    }

    public async Task StartAsync(string destination)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var settings = new Dictionary<string, string?>
        {
            ["ReverseProxy:Routes:open:ClusterId"] = "up",
            ["ReverseProxy:Routes:open:Match:Path"] = "/open/{**rest}",
            ["ReverseProxy:Routes:open:AuthorizationPolicy"] = "anonymous",
            ["ReverseProxy:Routes:closed:ClusterId"] = "up",
            ["ReverseProxy:Routes:closed:Match:Path"] = "/closed/{**rest}",
            ["ReverseProxy:Routes:closed:AuthorizationPolicy"] = "default",
            ["ReverseProxy:Clusters:up:Destinations:one:Address"] = destination,
        };
        builder.Configuration.AddInMemoryCollection(settings).AddInMemoryCollection(Settings);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(IPAddress.Loopback, Port, listen => listen.Protocols = HttpProtocols.Http1);
            options.Listen(IPAddress.Loopback, Http2Port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var report = new SettingReport();
        HeadersOptions headers = new SettingReader(builder.Configuration, "", report).Section("Headers", HeadersOptions.Read);
        Assert.Empty(report.Errors);
        _headers = headers;
        IdentityHeaders identity = IdentityHeaders.Create(headers, "user-1", "tenant-1", "learner", "session-1", Claims);
        builder.Services.AddRequestTimeouts();
        builder.Services.AddAuthentication("Test").AddScheme<AuthenticationSchemeOptions, GoodBearer>("Test", null);
        builder.Services.AddAuthorization();
        builder.Services.AddForwarding(builder.Configuration, headers, Sample);
        builder.Services.AddSingleton(new ForwardingHooks(
            RefuseAsync, context => context.User.Identity is { IsAuthenticated: true } ? identity : null, context => CheckLast(context))
        {
            TokenOf = context => context.User.Identity is { IsAuthenticated: true } ? Token : null,
            RefreshedUntil = (_, _) => Task.FromResult(RefreshedUntil()),
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(InFlight);
        builder.Services.AddSingleton(State);
        builder.Services.AddSingleton(new SettingReader(builder.Configuration, "", report).Section("Gateway", GatewayOptions.Read));
        builder.Services.AddSingleton(new SettingReader(builder.Configuration, "", report).Section("Streams", StreamOptions.Read));
        builder.Services.AddSingleton(new SettingReader(builder.Configuration, "", report).Section("Revocation", RevocationOptions.Read));
        builder.Services.AddSingleton(TestMetrics.Create());

        _server = builder.Build();
        HostAllowList hosts = HostAllowList.Parse(Hosts);
        _server.Use(next => new RequestGate(next, hosts, RefuseAsync).InvokeAsync);
        _server.UseTrustedForwarding(TrustedProxies, hosts);
        _server.UseRouting();
        _server.Use(next => new CanonicalPaths(next, RefuseAsync).InvokeAsync);
        _server.UseRequestTimeouts();
        _server.UseAuthentication();
        _server.UseAuthorization();
        _server.MapForwarding();
        await _server.StartAsync();
    }

    /// <summary>The rules that the running endpoint of a route has.</summary>
    public RouteRules RulesOf(string route) => ((IEndpointRouteBuilder)_server!).DataSources
        .SelectMany(source => source.Endpoints)
        .Select(endpoint => endpoint.Metadata.GetMetadata<RouteRules>())
        .Single(rules => rules?.Route == route)!;

    public DestinationHealthState HealthOf(string cluster, string destination) =>
        _server!.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster(cluster, out ClusterState? found) ? found.Destinations[destination].Health : throw new ArgumentException(cluster);

    public Task DrainAsync() => _server!.Services.GetRequiredService<IDrainStep>().DrainAsync(CancellationToken.None);

    public static AccessToken TokenUntil(DateTimeOffset expiresAt) => new(
        new UserId(Guid.Empty), new TenantId(Guid.Empty), SessionId.Create(0), TokenIds.ForLeaf("leaf", default), "learner", "test",
        DateTimeOffset.UnixEpoch, expiresAt, DateTimeOffset.UnixEpoch, "key-1", FrozenDictionary<string, string>.Empty);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    public static Task RefuseAsync(HttpContext context, Denial denial)
    {
        // As writing to a client that is gone would.
        context.RequestAborted.ThrowIfCancellationRequested();
        context.Response.StatusCode = denial.Status;
        return context.Response.WriteAsJsonAsync(new { error = denial.Code, message = denial.Message }, context.RequestAborted);
    }

    private sealed class GoodBearer(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers.Authorization == "Bearer good" || (WebSocketTokens.TryTakeToken(Context, out string bearer) && bearer == "good")
                ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity("Test")), "Test"))
                : AuthenticateResult.NoResult());

        protected override Task HandleChallengeAsync(AuthenticationProperties properties) => RefuseAsync(Context, Denial.Unauthenticated);
    }
}
