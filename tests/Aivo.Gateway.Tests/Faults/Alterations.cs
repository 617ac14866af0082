using System.Diagnostics;
using System.Globalization;
using Aivo.Gateway.Forwarding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

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
        if (services.All(service => service.ServiceType != typeof(ForwardingHooks)))
        {
            // The sample destination is a host of its own in the same process.
            return;
        }

        BrokenRules.Break(services, broken);
        Decorate<ForwardingHooks>(services, hooks => hooks with
        {
            CheckLast = context =>
            {
                context.Request.Headers[CheckedAtHeader] = TimeProvider.System.GetTimestamp().ToString(CultureInfo.InvariantCulture);
                return hooks.CheckLast(context);
            },
        });
        Conditions.Bring(services, broken);
    }

    /// <summary>Puts something around the service that would be used.</summary>
    public static void Decorate<TService>(IServiceCollection services, Func<TService, TService> around) where TService : class
    {
        ServiceDescriptor inner = services.Last(service => service.ServiceType == typeof(TService));
        services.AddSingleton(provider => around((TService)(inner.ImplementationInstance
            ?? inner.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!))));
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
