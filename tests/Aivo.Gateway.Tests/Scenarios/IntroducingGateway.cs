using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>One gateway with a route for each treatment of <c>Authorization</c>, a recorded destination, and a caller who has logged in.</summary>
public sealed class IntroducingGateway : IAsyncLifetime
{
    internal Destination Destination { get; private set; } = null!;

    internal GatewayProcess Gateway { get; private set; } = null!;

    internal HttpClient Http { get; private set; } = null!;

    internal ContractClient.AuthResponse Pair { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        SecretLedger.Note(DemoGateway.Password);
        Destination = await Destination.StartAsync();
        List<(string, string)> settings =
        [
            ("ReverseProxy:Clusters:Orders:Destinations:one:Address", Destination.Address.ToString()),
            ("ReverseProxy:Clusters:basket:Destinations:one:Address", Destination.Address.ToString()),
            ("Headers:Claims:X-Token-Id", "jti"),
            ("Headers:Claims:X-Client", "client_id"),
            ("Headers:Claims:X-Tenant-Again", "tenant_id"),
            ("Headers:Claims:X-Role-Again", "role"),
        ];
        foreach ((string route, string cluster, string policy, string? authorization) in new[]
        {
            ("orders", "orders", "default", null), ("basket", "basket", "default", "internal"), ("kept", "orders", "default", "Forward"),
            ("stripped", "orders", "default", "Strip"), ("open", "orders", "anonymous", null), ("openkept", "orders", "anonymous", "Forward"),
        })
        {
            settings.Add(($"ReverseProxy:Routes:{route}:ClusterId", cluster));
            settings.Add(($"ReverseProxy:Routes:{route}:AuthorizationPolicy", policy));
            settings.Add(($"ReverseProxy:Routes:{route}:Match:Path", $"/{route}/{{**rest}}"));
            if (authorization is not null)
            {
                settings.Add(($"ReverseProxy:Routes:{route}:Metadata:Authorization", authorization));
            }
        }

        Gateway = await GatewayProcess.StartAsync([.. settings]);
        Http = new HttpClient { BaseAddress = Gateway.Address };
        Pair = await new ContractClient(Http).LoginAsync(DemoGateway.Learner, DemoGateway.Password);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Gateway.DisposeAsync();
        await Destination.DisposeAsync();
    }
}
