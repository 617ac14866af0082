using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// What the tests change inside of a gateway process. The runtime loads this assembly into the shipped program before its Main runs
/// (DOTNET_STARTUP_HOOKS) and the host asks whoever listens for further services: so the program itself has no switch for any of it.
/// </summary>
internal static class Alterations
{
    public const string CheckedAtHeader = "X-Checked-At";

    /// <summary>Names what is broken on purpose, if anything.</summary>
    public const string Variable = "AIVO_TEST_ALTERATION";

    /// <summary>The environment of a gateway process that is altered.</summary>
    public static (string Key, string Value)[] Environment(string broken = "") =>
        [("DOTNET_STARTUP_HOOKS", typeof(Alterations).Assembly.Location), (Variable, broken)];

    public static void Install() => DiagnosticListener.AllListeners.Subscribe(new Observer<DiagnosticListener>(listener =>
    {
        if (listener.Name == "Microsoft.Extensions.Hosting")
        {
            listener.Subscribe(new Observer<KeyValuePair<string, object?>>(happening =>
            {
                if (happening is { Key: "HostBuilding", Value: IHostBuilder host })
                {
                    host.ConfigureServices((_, services) => Alter(services, System.Environment.GetEnvironmentVariable(Variable) ?? ""));
                }
            }));
        }
    }));

    private static void Alter(IServiceCollection services, string broken)
    {
        if (services.All(service => service.ServiceType != typeof(IForwarderHttpClientFactory)))
        {
            // The sample destination is a host of its own in the same process.
            return;
        }

        Decorate<IForwarderHttpClientFactory>(services, inner => new StampingClients(inner));
        BrokenRules.Break(services, broken);
    }

    /// <summary>Puts something around the service that would be used.</summary>
    public static void Decorate<TService>(IServiceCollection services, Func<TService, TService> around) where TService : class
    {
        ServiceDescriptor inner = services.Last(service => service.ServiceType == typeof(TService));
        services.AddSingleton(provider => around((TService)(inner.ImplementationInstance
            ?? inner.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!))));
    }

    private sealed class StampingClients(IForwarderHttpClientFactory inner) : IForwarderHttpClientFactory
    {
        public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context) => new(new Stamp(inner.CreateClient(context)));
    }

    /// <summary>The client's own waiting, for a connection say, comes after the stamp: it must not excuse a late request.</summary>
    private sealed class Stamp(HttpMessageInvoker inner) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.TryAddWithoutValidation(CheckedAtHeader, TimeProvider.System.GetTimestamp().ToString(CultureInfo.InvariantCulture));
            return inner.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Observer<TValue>(Action<TValue> next) : IObserver<TValue>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void OnNext(TValue value) => next(value);
    }
}
