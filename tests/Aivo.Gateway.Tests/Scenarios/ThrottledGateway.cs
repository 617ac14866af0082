using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>A gateway with low limits, behind a proxy that is the test.</summary>
public sealed class ThrottledGateway : IAsyncLifetime
{
    public const int AccountAttempts = 3;
    public const int AddressAttempts = 6;

    private GatewayProcess _gateway = null!;

    internal HttpClient Http { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await GatewayProcess.StartAsync(
            ("Gateway:TrustedProxies:0", "127.0.0.1"),
            ("Throttling:AccountAttempts", $"{AccountAttempts}"),
            ("Throttling:AddressAttempts", $"{AddressAttempts}"));
        Http = new HttpClient { BaseAddress = _gateway.Address };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _gateway.DisposeAsync();
    }
}
