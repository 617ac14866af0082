using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Hosting;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// Rules of the promise that a test takes away from a real gateway process, to show that the judge sees it: the name of a rule of
/// <see cref="LeaseRules"/>, or one of these.
/// </summary>
internal static class BrokenRules
{
    /// <summary>The revocation check is made when the token is read, and not again before the request is sent.</summary>
    public const string CheckNotLast = nameof(CheckNotLast);

    /// <summary>What a log has lost nobody writes back, neither the ends nor the tombstones.</summary>
    public const string NoRestoring = nameof(NoRestoring);

    public static void Break(IServiceCollection services, string rule)
    {
        if (rule == CheckNotLast)
        {
            Alterations.Decorate<ForwardingHooks>(services, hooks => hooks with { CheckLast = _ => null });
        }
        else if (rule == NoRestoring)
        {
            Alterations.Decorate<IRevocationLog>(services, log => new ForgetfulLog(log));
            services.AddSingleton(provider => new EndedSessions(
                new InMemorySessionStore(TimeProvider.System), provider.GetRequiredService<SessionTransactions>()));
        }
        else if (typeof(LeaseRules).GetProperty(rule) is { } property)
        {
            // The product hands no rules about: it has these, which cannot be changed but like this.
            property.SetValue(LeaseRules.All, false);
        }
    }
}
