using Aivo.Gateway.Revocation;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>Rules of the promise that a test takes away from a real gateway process, to show that the judge sees it.</summary>
internal static class BrokenRules
{
    /// <summary>The lease counts from the reply of a sync.</summary>
    public const string LeaseFromReply = nameof(LeaseFromReply);

    /// <summary>After a loss, a node does not write back what it knows.</summary>
    public const string NoRestoring = nameof(NoRestoring);

    /// <summary>A node answers an end without waiting for the others.</summary>
    public const string NoWaiting = nameof(NoWaiting);

    public static void Break(IServiceCollection services, string rule)
    {
        if (rule != "")
        {
            services.AddSingleton(rule switch
            {
                LeaseFromReply => LeaseRules.All with { CountsFromSending = false },
                NoRestoring => LeaseRules.All with { Restores = false },
                NoWaiting => LeaseRules.All with { WaitsForSilentNodes = false },
                _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "no such rule"),
            });
        }
    }
}
