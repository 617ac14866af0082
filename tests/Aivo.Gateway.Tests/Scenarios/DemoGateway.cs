using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>One gateway on embedded defaults, shared by the tests of a class.</summary>
public sealed class DemoGateway : IAsyncLifetime
{
    public const string Learner = "learner@example.com";
    public const string Password = "correct horse battery staple";

    internal GatewayProcess Gateway { get; private set; } = null!;

    internal HttpClient Http { get; private set; } = null!;

    internal ContractClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        SecretLedger.Note(Password);
        Gateway = await GatewayProcess.StartAsync(("Throttling:AddressAttempts", "100000"), ("Throttling:AccountAttempts", "100"));
        Http = new HttpClient { BaseAddress = Gateway.Address };
        Client = new ContractClient(Http);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Gateway.DisposeAsync();
    }
}
