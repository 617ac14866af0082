using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>One gateway whose keys the test holds too, so that it can sign what an attacker could not; its demo route is recorded.</summary>
public sealed class KeyedGateway : IAsyncLifetime
{
    private readonly KeyFolder _keys = new();

    internal IssuingKit Kit { get; private set; } = null!;

    internal Destination Destination { get; private set; } = null!;

    internal GatewayProcess Gateway { get; private set; } = null!;

    internal HttpClient Http { get; private set; } = null!;

    internal ContractClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _keys.Add("test.pem", KeyFolder.NewP256Pem()).Add("test.key", System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        Kit = new IssuingKit(_keys.SigningKeys(), _keys.RefreshKeys(), IssuingKit.SomeOptions, TimeProvider.System);
        SecretLedger.Note(DemoGateway.Password);
        Destination = await Destination.StartAsync();
        Gateway = await GatewayProcess.StartAsync(
            ("Tokens:SigningKeys", _keys.Path),
            ("Tokens:RefreshKeys", _keys.Path),
            ("Tokens:Issuer", Kit.Options.Issuer),
            ("Tokens:Audience", Kit.Options.Audience),
            ("ReverseProxy:Clusters:sample:Destinations:sample:Address", Destination.Address.ToString()));
        Http = new HttpClient { BaseAddress = Gateway.Address };
        Client = new ContractClient(Http);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Gateway.DisposeAsync();
        await Destination.DisposeAsync();
        Kit.Keys.Dispose();
        Kit.Dispose();
        _keys.Dispose();
    }
}
